//! The settings of a service: command line, then environment, then file, then defaults.

use std::net::{Ipv4Addr, SocketAddr};
use std::path::PathBuf;

use super::Failure;
use super::arguments::{Empty, ServeArguments};
use super::byte_size::ByteSize;
use super::certificate::CertificateFiles;
use super::keeping::KeepLimits;
use super::remembering::{MEMORY_DAYS, MEMORY_DAYS_MIN};
use crate::api::proxies::IpNetwork;
use crate::journal::layout::SEGMENT_BYTES_DEFAULT;
use crate::projection::Database;

/// Settings with nothing left open.
#[derive(Debug, Clone)]
pub(super) struct Settings {
    pub(super) data_dir: PathBuf,
    pub(super) listen: SocketAddr,
    pub(super) tls: Option<CertificateFiles>,
    pub(super) metrics_listen: Option<SocketAddr>,
    pub(super) empty: Empty,
    pub(super) key_file: Option<PathBuf>,
    pub(super) database: Option<Database>,
    pub(super) workers: usize,
    pub(super) timezone: String,
    pub(super) currency: String,
    pub(super) days_ahead: u8,
    pub(super) trust_clock: bool,
    pub(super) trusted_proxies: Vec<IpNetwork>,
    /// Claims that are let in a second; as many as come where there is none.
    pub(super) admission_bound: Option<u32>,
    pub(super) snapshot_every_s: u32,
    pub(super) memory_days: u16,
    pub(super) keep: KeepLimits,
    pub(super) disk_reserve: ByteSize,
    pub(super) segment_size: ByteSize,
}

/// Room for a start, for the next segment, for packing and for a snapshot, while what gives back goes on.
const DISK_RESERVE: ByteSize = ByteSize::mebibytes(512);

/// More workers than any machine has cores.
const WORKERS_MAX: usize = 256;

impl Settings {
    /// The environment is in the arguments already.
    pub(super) fn of(arguments: ServeArguments) -> Result<Self, Failure> {
        let file = match &arguments.config {
            Some(path) => {
                let text = std::fs::read_to_string(path)
                    .map_err(|error| format!("the settings in {}: {error}", path.display()))?;
                toml::from_str(&text)
                    .map_err(|error| format!("the settings in {}: {error}", path.display()))?
            }
            None => ServeArguments::default(),
        };
        let workers = arguments
            .workers
            .or(file.workers)
            .or_else(|| std::thread::available_parallelism().ok().map(usize::from))
            .unwrap_or(1);
        if workers == 0 || workers > WORKERS_MAX {
            return Err(format!("1 to {WORKERS_MAX} workers are possible, not {workers}").into());
        }
        let memory_days = arguments.memory_days.or(file.memory_days).unwrap_or(MEMORY_DAYS);
        if memory_days < MEMORY_DAYS_MIN {
            return Err(format!(
                "bookings stay in memory for {MEMORY_DAYS_MIN} days at least, not {memory_days}"
            )
            .into());
        }
        Ok(Self {
            data_dir: arguments.data_dir.or(file.data_dir).unwrap_or_else(|| PathBuf::from("./data")),
            listen: arguments
                .listen
                .or(file.listen)
                .unwrap_or_else(|| SocketAddr::from((Ipv4Addr::LOCALHOST, 8080))),
            tls: certificate(
                arguments.tls_certificate.or(file.tls_certificate),
                arguments.tls_key.or(file.tls_key),
            )?,
            metrics_listen: arguments.metrics_listen.or(file.metrics_listen),
            empty: arguments.empty.or(file.empty).unwrap_or(Empty::Demo),
            key_file: arguments.key_file.or(file.key_file),
            database: arguments.database_url.or(file.database_url).map(|url| url.parse()).transpose()?,
            workers,
            timezone: arguments.timezone.or(file.timezone).unwrap_or_else(|| "Asia/Shanghai".to_owned()),
            currency: arguments.currency.or(file.currency).unwrap_or_else(|| "CNY".to_owned()),
            days_ahead: arguments.days_ahead.or(file.days_ahead).unwrap_or(7),
            trust_clock: arguments.trust_clock,
            trusted_proxies: arguments.trusted_proxies.or(file.trusted_proxies).unwrap_or_default(),
            admission_bound: arguments.admission_bound.or(file.admission_bound).filter(|claims| *claims > 0),
            snapshot_every_s: arguments.snapshot_every_s.or(file.snapshot_every_s).unwrap_or(3600),
            memory_days,
            keep: KeepLimits {
                days: arguments.keep_days.or(file.keep_days),
                bytes: arguments.keep_bytes.or(file.keep_bytes),
            },
            disk_reserve: arguments.disk_reserve.or(file.disk_reserve).unwrap_or(DISK_RESERVE),
            segment_size: arguments
                .segment_size
                .or(file.segment_size)
                .unwrap_or(ByteSize::new(SEGMENT_BYTES_DEFAULT)),
        })
    }
}

/// Neither file or both.
fn certificate(chain: Option<PathBuf>, key: Option<PathBuf>) -> Result<Option<CertificateFiles>, Failure> {
    match (chain, key) {
        (Some(chain), Some(key)) => Ok(Some(CertificateFiles { chain, key })),
        (None, None) => Ok(None),
        (Some(_), None) => Err("--tls-certificate needs --tls-key".into()),
        (None, Some(_)) => Err("--tls-key needs --tls-certificate".into()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_command_line_goes_before_the_file_and_the_file_before_defaults() {
        let dir = tempfile::tempdir().expect("a directory");
        let path = dir.path().join("kaichang.toml");
        let text = "listen = \"0.0.0.0:9\"\nempty = \"refuse\"\nworkers = 3\ntrusted_proxies = [\"10.0.0.0/8\"]\n\
             keep_days = 30\nkeep_bytes = \"10G\"\ndisk_reserve = 1048576\n";
        std::fs::write(&path, text).expect("written");
        let arguments = ServeArguments { config: Some(path), workers: Some(5), ..Default::default() };
        let settings = Settings::of(arguments).expect("settings");
        assert_eq!(settings.listen.to_string(), "0.0.0.0:9");
        assert_eq!((settings.empty, settings.workers), (Empty::Refuse, 5));
        assert_eq!(settings.data_dir, PathBuf::from("./data"));
        assert_eq!(settings.trusted_proxies, ["10.0.0.0/8".parse().expect("a network")]);
        assert_eq!(settings.keep, KeepLimits { days: Some(30), bytes: Some(ByteSize::mebibytes(10 << 10)) });
        assert_eq!(settings.disk_reserve, ByteSize::mebibytes(1));
        let default = Settings::of(ServeArguments::default()).expect("settings");
        assert_eq!(default.memory_days, MEMORY_DAYS);
        let too_few = ServeArguments { memory_days: Some(MEMORY_DAYS_MIN - 1), ..Default::default() };
        assert!(Settings::of(too_few).is_err(), "requests are known for longer");
        assert_eq!(
            default.keep,
            KeepLimits::default(),
            "without a word of the operator's nothing is given up"
        );
    }

    #[test]
    fn a_setting_that_is_not_known_is_refused() {
        let dir = tempfile::tempdir().expect("a directory");
        let path = dir.path().join("kaichang.toml");
        std::fs::write(&path, "lisen = \"0.0.0.0:9\"\n").expect("written");
        let arguments = ServeArguments { config: Some(path), ..Default::default() };
        let failure = Settings::of(arguments).expect_err("a slip of the pen").to_string();
        assert!(failure.contains("lisen"), "{failure}");
    }
}
