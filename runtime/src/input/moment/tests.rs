//! Dates, times and durations at the edges of what can be stored.

use super::*;
use serde_json::json;

fn read<A: Accepts>(field: &A, text: &str) -> Result<A::Value, String> {
    let mut found = Violations::new();
    let accepted = field.accept(json!(text), Pointer::ROOT, &mut found);
    accepted.ok_or_else(|| found.iter().next().expect("a violation").code.to_string())
}

#[test]
fn dates_and_times() {
    assert_eq!(
        read(&date(), "2024-02-29"),
        Ok(jiff::civil::date(2024, 2, 29))
    );
    for text in [
        "2023-02-29",
        "2024-1-1",
        "20240101",
        "2024-01-01T00:00:00",
        "",
        "-00001-01-01",
    ] {
        assert_eq!(read(&date(), text), Err("FORMAT_MISMATCH".into()), "{text}");
    }
    assert_eq!(read(&date(), "0000-01-01"), Err("OUT_OF_RANGE".into()));
    assert_eq!(
        read(&time(), "01:02:03.1234567").unwrap().to_string(),
        "01:02:03.123456"
    );
    for text in [
        "24:00:00",
        "01:02",
        "01:02:60",
        "01:02:03.",
        "01:02:03Z",
        "1:02:03",
        "01:02:03,5",
    ] {
        assert_eq!(read(&time(), text), Err("FORMAT_MISMATCH".into()), "{text}");
    }
}

#[test]
fn timestamps_are_cut_to_microseconds() {
    let cut = read(&timestamp(), "2025-12-31T23:59:59.999999999+02:00").unwrap();
    assert_eq!(cut.to_string(), "2025-12-31T21:59:59.999999Z");
    let before = read(&timestamp(), "1969-12-31T23:59:59.9999999Z").unwrap();
    assert_eq!(before.to_string(), "1969-12-31T23:59:59.999999Z");
    assert!(read(&timestamp(), "0001-01-01T00:00:00Z").is_ok());
    assert!(read(&timestamp(), "9999-12-30T22:00:00.999999Z").is_ok());
    assert_eq!(
        read(&timestamp(), "0001-01-01T00:00:00+01:00"),
        Err("OUT_OF_RANGE".into())
    );
    for text in [
        "9999-12-30T22:00:01Z",
        "9999-12-31T23:59:59.999999Z",
        "9999-12-31t00:00:00-12:00",
    ] {
        let beyond = Err("OUT_OF_RANGE".into());
        assert_eq!(read(&timestamp(), text), beyond, "{text}");
    }
    for text in [
        "9999-12-32T00:00:00Z",
        "9999-12-31T24:00:00Z",
        "9999-12-31T00:00:00+99:00",
        "2025-12-31",
        "2025-12-31T23:59:59",
        "2025-12-31 23:59:59Z",
        "2025-12-31T23:59:59Z[UTC]",
        "2025-12-31T23:59:60Z",
        "2025-12-31T23:59:59+2",
        "99999-12-31T00:00:00Z",
        "é025-12-31T00:00:00Z",
    ] {
        assert_eq!(
            read(&timestamp(), text),
            Err("FORMAT_MISMATCH".into()),
            "{text}"
        );
    }
}

#[test]
fn durations_are_iso_8601() {
    assert_eq!(
        read(&duration(), "PT1H30M"),
        Ok(SignedDuration::from_mins(90))
    );
    assert_eq!(
        read(&duration(), "-PT0.0000015S"),
        Ok(SignedDuration::from_micros(-1))
    );
    for text in ["1h30m", "", "P", "90", "P1Y"] {
        assert_eq!(
            read(&duration(), text),
            Err("FORMAT_MISMATCH".into()),
            "{text}"
        );
    }
    assert_eq!(
        read(&duration(), "PT9223372036854775807S"),
        Err("OUT_OF_RANGE".into())
    );
    let limited = duration().min(SignedDuration::ZERO);
    assert_eq!(read(&limited, "-PT1S"), Err("OUT_OF_RANGE".into()));
}
