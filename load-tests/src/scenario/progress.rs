//! The line that tells each second how it goes.

use super::record::Second;
use crate::statistics::{mib, ms, per_cent, per_second, ratio_of};

pub(super) fn tell(second: &Second) {
    crate::say(&line(second));
}

fn line(second: &Second) -> String {
    let statuses: Vec<String> =
        second.by_status.iter().map(|(status, count)| format!("{status} {count}")).collect();
    let mut line = format!(
        "{:>4} s {:>7.0}/s  p50 {:.2} p99 {:.2} ms  {}",
        second.at.as_secs(),
        per_second(second.answered(), second.lasted),
        ms(second.p50_us),
        ms(second.p99_us),
        statuses.join("  ")
    );
    if second.lost > 0 {
        line.push_str(&format!("  lost {}", second.lost));
    }
    if let (Some(time), Some(bytes)) = (second.server_time, second.memory_bytes) {
        let share = per_cent(ratio_of(time, second.lasted));
        line.push_str(&format!("  server {share:.0} % of a processor, {:.0} MiB", mib(bytes)));
    }
    line
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeMap;
    use std::time::Duration;

    use super::*;

    #[test]
    fn a_line_tells_what_was_answered_and_what_the_server_took() {
        let mut second = Second {
            at: Duration::from_secs(7),
            lasted: Duration::from_secs(2),
            by_status: BTreeMap::from([(200, 90), (201, 10)]),
            p50_us: 500,
            p99_us: 2_500,
            ..Second::default()
        };
        assert_eq!(line(&second), "   7 s      50/s  p50 0.50 p99 2.50 ms  200 90  201 10");
        second.lost = 3;
        second.server_time = Some(Duration::from_secs(1));
        second.memory_bytes = Some(3 << 20);
        assert!(line(&second).ends_with("  lost 3  server 50 % of a processor, 3 MiB"), "{}", line(&second));
    }
}
