use engine::{Container, Genesis};
use serde_json::{Value, json};
#[test]
fn write() {
    let schema = life::schema();
    for kind in schema.kinds() {
        let changes = Genesis::of(kind).bytes();
        let steps: Vec<&'static [(&'static str, Container)]> =
            [kind.containers].into_iter().chain(kind.extensions.iter().copied()).collect();
        let changes: Vec<Value> = steps
            .into_iter()
            .zip(&changes)
            .map(|(containers, bytes)| {
                let form = |container| if container == Container::Text { "text" } else { "map" };
                let containers: Vec<Value> = containers.iter().map(|(n, c)| json!([n, form(*c)])).collect();
                let hex: String = bytes.iter().map(|b| format!("{b:02x}")).collect();
                json!({ "containers": containers, "bytes": hex })
            })
            .collect();
        let v = json!({ "kind": kind.name, "changes": changes });
        let path = format!("{}/../../tests/vectors/genesis/{}.json", env!("CARGO_MANIFEST_DIR"), kind.name);
        if let Ok(old) = std::fs::read(&path) {
            let old: Value = serde_json::from_slice(&old).unwrap();
            let (o, n) = (old["changes"].as_array().unwrap(), v["changes"].as_array().unwrap());
            assert!(n.starts_with(o), "{}", kind.name);
            if o == n {
                continue;
            }
        }
        std::fs::write(path, serde_json::to_string_pretty(&v).unwrap() + "\n").unwrap();
    }
}
