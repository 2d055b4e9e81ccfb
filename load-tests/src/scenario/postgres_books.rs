//! The same books in Postgres, when it has all of them: no place sold twice, nobody over a quota, and every movement of money in balance.

use sqlx::{Connection, PgConnection};

use crate::Failure;
use crate::audit::Findings;

/// Each counts what must not be, with the words for it.
const MUST_BE_NONE: [(&str, &str); 5] = [
    (
        "bookings of one pitch that overlap",
        "SELECT count(*) FROM booking a JOIN booking b USING (pitch_no, day) JOIN pitch USING (pitch_no)
         WHERE a.booking_no < b.booking_no AND pitch.kind <> 'session'
           AND a.state IN ('held', 'confirmed', 'checked_in') AND b.state IN ('held', 'confirmed', 'checked_in')
           AND a.first_unit < b.first_unit + b.units AND b.first_unit < a.first_unit + a.units",
    ),
    ("sessions with more sold than there are places", "SELECT count(*) FROM live_session WHERE sold > capacity"),
    (
        "residents with more than four bookings on one day",
        "SELECT count(*) FROM (SELECT FROM booking WHERE state IN ('held', 'confirmed', 'checked_in') AND payment = 'wallet'
         GROUP BY resident_no, day HAVING count(*) > 4) AS too_many",
    ),
    (
        "movements of money that are not in balance",
        "SELECT count(*) FROM (SELECT FROM ledger_line GROUP BY sequence HAVING sum(amount) <> 0) AS unbalanced",
    ),
    (
        "wallets below nothing",
        "SELECT count(*) FROM account_balance WHERE kind = 'wallet' AND balance < 0",
    ),
];

/// Looks, and answers how many bookings are confirmed there.
pub(super) fn examine(database: &str, findings: &mut Findings) -> Result<u64, Failure> {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build()?;
    runtime.block_on(async {
        let mut connection = PgConnection::connect(database).await?;
        sqlx::raw_sql("SET search_path = kaichang").execute(&mut connection).await?;
        for (words, sql) in MUST_BE_NONE {
            let (count,): (i64,) = sqlx::query_as(sql).fetch_one(&mut connection).await?;
            if count != 0 {
                findings.add(format_args!("Postgres has {count} {words}"));
            }
        }
        let confirmed = "SELECT count(*) FROM booking WHERE state = 'confirmed'";
        let (confirmed,): (i64,) = sqlx::query_as(confirmed).fetch_one(&mut connection).await?;
        connection.close().await?;
        Ok(u64::try_from(confirmed)?)
    })
}
