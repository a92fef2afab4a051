//! Measurements: exact, in one spelling.

use life::Thousandths;

#[test]
fn decimals_read_and_write_exactly() {
    let cases = [
        ("0", 0, "0"),
        ("70", 70_000, "70"),
        ("70.5", 70_500, "70.5"),
        ("-0.001", -1, "-0.001"),
        ("007.250", 7_250, "7.25"),
        ("999999999.999", 999_999_999_999, "999999999.999"),
        ("1.000000", 1_000, "1"),
        ("-0", 0, "0"),
    ];
    for (text, thousandths, shown) in cases {
        let value: Thousandths = text.parse().unwrap();
        assert_eq!((value.get(), value.to_string().as_str()), (thousandths, shown), "{text}");
        assert_eq!(value.to_json().to_string(), shown, "{text}");
    }
    for text in [
        "",
        "-",
        ".",
        "1.",
        ".5",
        "1.0001",
        "1e3",
        "+1",
        "1,5",
        "9223372036854775808",
        "99999999999999999999.1",
        "--1",
    ] {
        assert!(text.parse::<Thousandths>().is_err(), "{text}");
    }
}
