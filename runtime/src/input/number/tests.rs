//! Numbers at the edges of their types.

use super::*;
use serde_json::json;

fn code<A: Accepts>(field: &A, value: Value) -> Result<A::Value, String> {
    let mut found = Violations::new();
    let accepted = field.accept(value, Pointer::ROOT, &mut found);
    accepted.ok_or_else(|| found.iter().next().expect("a violation").code.to_string())
}

#[test]
fn integers_keep_to_their_width_and_limits() {
    assert_eq!(code(&int(), json!(2_147_483_647)), Ok(i32::MAX));
    assert_eq!(
        code(&int(), json!(2_147_483_648_i64)),
        Err("OUT_OF_RANGE".into())
    );
    assert_eq!(code(&bigint(), json!(i64::MIN)), Ok(i64::MIN));
    assert_eq!(code(&bigint(), json!(u64::MAX)), Err("OUT_OF_RANGE".into()));
    assert_eq!(code(&bigint(), json!(1e300)), Err("OUT_OF_RANGE".into()));
    assert_eq!(code(&int(), json!(3.0)), Ok(3));
    assert_eq!(code(&int(), json!(3.5)), Err("WRONG_TYPE".into()));
    assert_eq!(code(&int(), json!("3")), Err("WRONG_TYPE".into()));
    assert_eq!(
        code(&int().min(1).max(5), json!(6)),
        Err("OUT_OF_RANGE".into())
    );
}

#[test]
fn floats_are_finite() {
    assert_eq!(code(&float(), json!(0.1)), Ok(0.1));
    assert_eq!(code(&float(), json!(5)), Ok(5.0));
    assert_eq!(
        code(&float().min(0.0), json!(-0.5)),
        Err("OUT_OF_RANGE".into())
    );
    let mut found = Violations::new();
    float().check(&f64::NAN, Pointer::ROOT, &mut found);
    assert_eq!(found.len(), 1);
}

#[test]
fn decimals_are_strings_and_never_rounded() {
    let field = decimal(5, 2);
    assert_eq!(code(&field, json!("999.99")).unwrap().to_string(), "999.99");
    assert_eq!(code(&field, json!("1")).unwrap().to_string(), "1.00");
    assert_eq!(code(&field, json!("-0")).unwrap().to_string(), "0.00");
    assert_eq!(code(&field, json!("001.2000")).unwrap().to_string(), "1.20");
    for text in [
        "1.005",
        "1000",
        "1000.00",
        "99999999999999999999999999999999",
    ] {
        assert_eq!(
            code(&field, json!(text)),
            Err("TOO_MANY_DIGITS".into()),
            "{text}"
        );
    }
    for text in [
        "", "1e2", "+1", "1_0", ".5", "5.", "1,5", " 1", "NaN", "1.2.3", "--1",
    ] {
        assert_eq!(
            code(&field, json!(text)),
            Err("FORMAT_MISMATCH".into()),
            "{text}"
        );
    }
    assert_eq!(code(&field, json!(1.5)), Err("WRONG_TYPE".into()));
    let limited = decimal(12, 2).min(dec!(0)).max(dec!(10.5));
    assert_eq!(code(&limited, json!("-0.01")), Err("OUT_OF_RANGE".into()));
    assert_eq!(code(&limited, json!("10.51")), Err("OUT_OF_RANGE".into()));
    assert!(code(&limited, json!("10.50")).is_ok());
}

#[test]
fn the_widest_decimal_goes_through() {
    let widest = "9".repeat(28);
    assert_eq!(
        code(&decimal(28, 0), json!(widest)).unwrap().to_string(),
        widest
    );
    let fine = format!("0.{widest}");
    assert_eq!(
        code(&decimal(28, 28), json!(fine)).unwrap().to_string(),
        fine
    );
    assert_eq!(
        code(&decimal(28, 27), json!("10")),
        Err("TOO_MANY_DIGITS".into())
    );
    assert_eq!(
        code(&decimal(28, 2), json!("9".repeat(27))),
        Err("TOO_MANY_DIGITS".into())
    );
}

#[test]
fn literals_are_exact() {
    assert_eq!(dec!(-12.50).to_string(), "-12.50");
    assert_eq!(
        dec!(79_228_162_514_264_337).to_string(),
        "79228162514264337"
    );
}
