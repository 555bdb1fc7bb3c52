//! Dates, times, timestamps and durations.

use serde_json::json;

use crate::{comes_back, is_refused, start};

#[tokio::test]
async fn dates_reach_from_year_1_to_year_9999() {
    let server = start().await;
    for date in [
        "0001-01-01",
        "9999-12-31",
        "2024-02-29",
        "1582-10-10",
        "1969-12-31",
    ] {
        comes_back(&server, "date", json!(date), json!(date)).await;
    }
    for bad in [
        "0000-12-31",
        "10000-01-01",
        "-0001-01-01",
        "2023-02-29",
        "2026-1-1",
        "20260101",
        "",
        "2026-05-04T00:00:00Z",
    ] {
        let code = if bad == "0000-12-31" {
            "OUT_OF_RANGE"
        } else {
            "FORMAT_MISMATCH"
        };
        is_refused(&server, "date", json!(bad), code).await;
    }
}

#[tokio::test]
async fn times_keep_microseconds() {
    let server = start().await;
    for (sent, expected) in [
        ("00:00:00", "00:00:00"),
        ("23:59:59.999999", "23:59:59.999999"),
        ("23:59:59.999999999", "23:59:59.999999"),
        ("12:00:00.5", "12:00:00.5"),
        ("12:00:00.000001", "12:00:00.000001"),
    ] {
        comes_back(&server, "time", json!(sent), json!(expected)).await;
    }
    for bad in [
        "24:00:00",
        "23:59:60",
        "12:00",
        "12:00:00Z",
        "12:00:00.",
        "noon",
    ] {
        is_refused(&server, "time", json!(bad), "FORMAT_MISMATCH").await;
    }
}

#[tokio::test]
async fn timestamps_keep_microseconds_and_are_answered_in_utc() {
    let server = start().await;
    for (sent, expected) in [
        ("0001-01-01T00:00:00Z", "0001-01-01T00:00:00Z"),
        ("9999-12-30T21:59:59.999999Z", "9999-12-30T21:59:59.999999Z"),
        ("1970-01-01T00:00:00Z", "1970-01-01T00:00:00Z"),
        ("1969-12-31T23:59:59.999999Z", "1969-12-31T23:59:59.999999Z"),
        (
            "1969-12-31T23:59:59.9999999Z",
            "1969-12-31T23:59:59.999999Z",
        ),
        (
            "2026-05-04T09:30:00.123456789+02:00",
            "2026-05-04T07:30:00.123456Z",
        ),
        ("2026-05-04t09:30:00z", "2026-05-04T09:30:00Z"),
        ("2026-12-31T23:30:00-14:00", "2027-01-01T13:30:00Z"),
    ] {
        comes_back(&server, "timestamp", json!(sent), json!(expected)).await;
    }
    for bad in [
        "2026-05-04T09:30:00",
        "2026-05-04",
        "2026-05-04 09:30:00Z",
        "2026-05-04T09:30:60Z",
        "2026-13-04T09:30:00Z",
        "1746350000",
        "",
    ] {
        is_refused(&server, "timestamp", json!(bad), "FORMAT_MISMATCH").await;
    }
    is_refused(&server, "timestamp", json!(1_746_350_000), "WRONG_TYPE").await;
}

#[tokio::test]
async fn durations_keep_microseconds_and_their_sign() {
    let server = start().await;
    for (sent, expected) in [
        ("PT0S", "PT0S"),
        ("PT1H30M", "PT1H30M"),
        ("-PT1.5S", "-PT1.5S"),
        ("PT0.000001S", "PT0.000001S"),
        ("PT90M", "PT1H30M"),
        ("PT1.9999999S", "PT1.999999S"),
    ] {
        comes_back(&server, "duration", json!(sent), json!(expected)).await;
    }
    for bad in ["P1D", "P1M", "PT", "1h", "", "PT99999999999999999999H"] {
        is_refused(&server, "duration", json!(bad), "FORMAT_MISMATCH").await;
    }
}
