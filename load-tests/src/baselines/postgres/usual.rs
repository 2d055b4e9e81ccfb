//! A booking as people usually write it: look, lock, check, change, one statement after the other.

use sqlx::PgPool;

use super::{Refused, Wanted, quota};

/// The statements, in this order.
pub(super) const KNOWN: &str = "SELECT id FROM booking WHERE resident = $1 AND request = $2";
pub(super) const FREE: &str =
    "SELECT price FROM slot WHERE pitch = $1 AND starts = $2 AND places > 0 FOR UPDATE SKIP LOCKED";
pub(super) const BALANCE: &str = "SELECT balance FROM resident WHERE id = $1 FOR UPDATE";
pub(super) const OF_DAY: &str = "SELECT count(*) FROM booking WHERE resident = $1 AND day = $2";
pub(super) const TAKE: &str = "UPDATE slot SET places = places - 1 WHERE pitch = $1 AND starts = $2";
pub(super) const PAY: &str = "UPDATE resident SET balance = balance - $2 WHERE id = $1";
pub(super) const NOTE: &str = "INSERT INTO booking (resident, pitch, starts, day, price, request) VALUES ($1, $2, $3, $4, $5, $6) RETURNING id";

pub(super) async fn book(pool: &PgPool, wanted: &Wanted<'_>) -> Result<(), Refused> {
    let Wanted { resident, request, slot } = wanted;
    let mut transaction = pool.begin().await?;
    let known: Option<(i64,)> =
        sqlx::query_as(KNOWN).bind(resident).bind(request).fetch_optional(&mut *transaction).await?;
    if known.is_some() {
        return Ok(());
    }
    let free: Option<(i64,)> =
        sqlx::query_as(FREE).bind(&slot.pitch).bind(&slot.start).fetch_optional(&mut *transaction).await?;
    let (price,) = free.ok_or(Refused::Taken)?;
    let (balance,): (i64,) = sqlx::query_as(BALANCE).bind(resident).fetch_one(&mut *transaction).await?;
    let (of_day,): (i64,) =
        sqlx::query_as(OF_DAY).bind(resident).bind(slot.day()).fetch_one(&mut *transaction).await?;
    if of_day >= quota() {
        return Err(Refused::Quota);
    }
    if balance < price {
        return Err(Refused::Funds);
    }
    sqlx::query(TAKE).bind(&slot.pitch).bind(&slot.start).execute(&mut *transaction).await?;
    sqlx::query(PAY).bind(resident).bind(price).execute(&mut *transaction).await?;
    let _: (i64,) = sqlx::query_as(NOTE)
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
