//! A booking as people usually write it: look, lock, check, change, one statement after the other.

use sqlx::PgPool;

use super::{Refused, Wanted, quota};

pub(super) async fn book(pool: &PgPool, wanted: &Wanted<'_>) -> Result<(), Refused> {
    let Wanted { resident, request, slot } = wanted;
    let mut transaction = pool.begin().await?;
    let known: Option<(i64,)> = sqlx::query_as("SELECT id FROM booking WHERE resident = $1 AND request = $2")
        .bind(resident)
        .bind(request)
        .fetch_optional(&mut *transaction)
        .await?;
    if known.is_some() {
        return Ok(());
    }
    let free: Option<(i64,)> = sqlx::query_as(
        "SELECT price FROM slot WHERE pitch = $1 AND starts = $2 AND places > 0 FOR UPDATE SKIP LOCKED",
    )
    .bind(&slot.pitch)
    .bind(&slot.start)
    .fetch_optional(&mut *transaction)
    .await?;
    let (price,) = free.ok_or(Refused::Taken)?;
    let (balance,): (i64,) = sqlx::query_as("SELECT balance FROM resident WHERE id = $1 FOR UPDATE")
        .bind(resident)
        .fetch_one(&mut *transaction)
        .await?;
    let (of_day,): (i64,) = sqlx::query_as("SELECT count(*) FROM booking WHERE resident = $1 AND day = $2")
        .bind(resident)
        .bind(slot.day())
        .fetch_one(&mut *transaction)
        .await?;
    if of_day >= quota() {
        return Err(Refused::Quota);
    }
    if balance < price {
        return Err(Refused::Funds);
    }
    sqlx::query("UPDATE slot SET places = places - 1 WHERE pitch = $1 AND starts = $2")
        .bind(&slot.pitch)
        .bind(&slot.start)
        .execute(&mut *transaction)
        .await?;
    sqlx::query("UPDATE resident SET balance = balance - $2 WHERE id = $1")
        .bind(resident)
        .bind(price)
        .execute(&mut *transaction)
        .await?;
    let _: (i64,) = sqlx::query_as(
        "INSERT INTO booking (resident, pitch, starts, day, price, request) VALUES ($1, $2, $3, $4, $5, $6) RETURNING id",
    )
    .bind(resident)
    .bind(&slot.pitch)
    .bind(&slot.start)
    .bind(slot.day())
    .bind(price)
    .bind(request)
    .fetch_one(&mut *transaction)
    .await?;
    transaction.commit().await?;
    Ok(())
}
