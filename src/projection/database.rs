//! The way to Postgres: where it is, the schema in it, its migrations, and the lock that lets one projector in.

use std::str::FromStr;
use std::time::Duration;

use futures_util::StreamExt;
use sqlx::migrate::{Migration, MigrationType, Migrator};
use sqlx::postgres::{PgConnectOptions, PgConnection};
use sqlx::{AssertSqlSafe, ConnectOptions, Connection, SqlSafeStr};

use super::at_once::send_at_once;
use super::copy::{END, NotRows, Rows, Unpack};
use super::fault::Fault;
use super::tables::Table;

/// The schema that the tables are in.
pub(super) const SCHEMA: &str = "kaichang";
/// The schema that tables are made anew in.
pub(super) const ANEW: &str = "kaichang_anew";
/// The key of the advisory lock of who writes: `kaichang` in ASCII.
const WRITER_LOCK: i64 = 0x6b61_6963_6861_6e67;
/// How long it may take to be let in.
const CONNECT_MAX: Duration = Duration::from_secs(5);
/// Postgres may notice a moment later that the writer before was killed.
const ALONE_AFTER_MAX: Duration = Duration::from_secs(5);
const ALONE_LOOK: Duration = Duration::from_millis(50);
/// How much is sent in one message.
const PIECE_BYTES: usize = 1 << 20;

const MIGRATIONS: [(i64, &str, &str); 5] = [
    (1, "books", include_str!("../../migrations/0001_books.sql")),
    (2, "views", include_str!("../../migrations/0002_views.sql")),
    (3, "erasure", include_str!("../../migrations/0003_erasure.sql")),
    (4, "lines and draws", include_str!("../../migrations/0004_lines_and_draws.sql")),
    (5, "filling", include_str!("../../migrations/0005_filling.sql")),
];

/// Where the database is. Its `Debug` and errors don't tell the password.
#[derive(Clone)]
pub struct Database {
    options: PgConnectOptions,
}

impl std::fmt::Debug for Database {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Database(..)")
    }
}

/// The URL names no database.
#[derive(Debug, thiserror::Error)]
#[error("the database's URL is not one of postgres://user:password@host:port/name: {0}")]
pub struct InvalidUrl(String);

impl FromStr for Database {
    type Err = InvalidUrl;

    fn from_str(url: &str) -> Result<Self, InvalidUrl> {
        if !url.starts_with("postgres://") && !url.starts_with("postgresql://") {
            return Err(InvalidUrl("it begins with something else".to_owned()));
        }
        let options = PgConnectOptions::from_str(url).map_err(|error| InvalidUrl(error.to_string()))?;
        let options = options.application_name("kaichang").disable_statement_logging();
        Ok(Self { options })
    }
}

/// One connection.
pub(super) struct Link {
    connection: PgConnection,
}

impl Database {
    /// Connects, as one who reads.
    pub(super) async fn connect(&self) -> Result<Link, Fault> {
        // Rows are found by their keys, a few among many, whatever the planner has been told of a partition that is new.
        let settings = [
            ("search_path", SCHEMA),
            ("enable_hashjoin", "off"),
            ("enable_mergejoin", "off"),
            ("enable_seqscan", "off"),
            ("jit", "off"),
            ("lock_timeout", "5s"),
            ("idle_in_transaction_session_timeout", "60s"),
            ("client_min_messages", "warning"),
        ];
        let options = self.options.clone().options(settings);
        let connecting = PgConnection::connect_with(&options);
        let connection = match tokio::time::timeout(CONNECT_MAX, connecting).await {
            Ok(connection) => connection?,
            Err(_) => return Err(Fault::Away("it lets nobody in".to_owned())),
        };
        if let Err(error) = send_at_once(self.options.get_port()) {
            tracing::debug!(%error, "messages to Postgres wait for each other, which takes it longer to catch up");
        }
        Ok(Link { connection })
    }

    /// Connects as the one who writes, and brings the tables up to this version.
    pub(super) async fn connect_to_write(&self) -> Result<Link, Fault> {
        let mut link = self.connect().await?;
        let mut waited = Duration::ZERO;
        while !link.is_alone().await? {
            if waited >= ALONE_AFTER_MAX {
                return Err(Fault::Away("another process writes into it".to_owned()));
            }
            tokio::time::sleep(ALONE_LOOK).await;
            waited += ALONE_LOOK;
        }
        link.prepare(SCHEMA).await?;
        Ok(link)
    }
}

impl Link {
    pub(super) const fn connection(&mut self) -> &mut PgConnection {
        &mut self.connection
    }

    async fn is_alone(&mut self) -> Result<bool, Fault> {
        let locking = sqlx::query_scalar("SELECT pg_try_advisory_lock($1)").bind(WRITER_LOCK);
        Ok(locking.fetch_one(&mut self.connection).await?)
    }

    /// Brings a schema up to this version: the one that names are looked up in.
    pub(super) async fn prepare(&mut self, schema: &str) -> Result<(), Fault> {
        self.run(&format!("CREATE SCHEMA IF NOT EXISTS {schema}")).await?;
        let migrations = MIGRATIONS.map(|(version, description, sql)| {
            Migration::new(version, description.into(), MigrationType::Simple, sql.into_sql_str(), false)
        });
        Migrator::with_migrations(migrations.to_vec()).run_direct(None, &mut self.connection, false).await?;
        Ok(())
    }

    /// Runs statements that take no values.
    pub(super) async fn run(&mut self, sql: &str) -> Result<(), Fault> {
        sqlx::raw_sql(AssertSqlSafe(sql)).execute(&mut self.connection).await?;
        Ok(())
    }

    /// Sends rows into a table.
    pub(super) async fn copy_in(&mut self, table: Table, rows: &Rows) -> Result<(), Fault> {
        if rows.is_empty() {
            return Ok(());
        }
        self.copy_in_as(&table.copy_in(), rows).await
    }

    pub(super) async fn copy_in_as(&mut self, statement: &str, rows: &Rows) -> Result<(), Fault> {
        let mut copy = self.connection.copy_in_raw(statement).await?;
        // In pieces, so that Postgres works on the first while the next is sent: it takes a message as a whole.
        for piece in rows.bytes().chunks(PIECE_BYTES) {
            copy.send(piece).await?;
        }
        copy.send(&END[..]).await?;
        let taken = copy.finish().await?;
        debug_assert_eq!(taken, rows.count() as u64);
        Ok(())
    }

    /// Gives each row that a COPY statement answers.
    pub(super) async fn copy_out(
        &mut self,
        statement: &str,
        mut give: impl FnMut(&[u8]) -> Result<(), NotRows>,
    ) -> Result<(), Fault> {
        let mut pieces = self.connection.copy_out_raw(statement).await?;
        let mut unpack = Unpack::default();
        while let Some(piece) = pieces.next().await {
            unpack.push(&piece?, &mut give)?;
        }
        Ok(())
    }
}
