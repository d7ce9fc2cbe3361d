use photofinish_reports::{
    record::Record,
    story::Story,
    term::{Look, term},
};
#[test]
fn look() {
    for e in std::fs::read_dir("/tmp/records").unwrap() {
        let p = e.unwrap().path();
        let r: Record = serde_json::from_slice(&std::fs::read(&p).unwrap()).unwrap();
        let t = term(&Story::of(&r), Look::default());
        eprintln!("=== {}\n{t}", p.display());
    }
}
