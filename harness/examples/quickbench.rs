use photofinish::client::{Client, Isolation, Request};
use photofinish::sim::{chooser::Strategy, limits::Limits, seed::Seed};
use std::time::Instant;
fn main() {
    let args: Vec<String> = std::env::args().collect();
    let path = std::path::PathBuf::from(&args[1]);
    let count: u32 = args[4].parse().unwrap();
    let mut client = Client::start(&path, Limits::default().threads_max, Isolation::Fork).unwrap();
    let strategy: Strategy = args[3].parse().unwrap();
    let request = Request { strategy, ..Request::new(args[2].clone(), Seed(0)) };
    for _ in 0..5 {
        let began = Instant::now();
        let made = client.series(&request, count).unwrap();
        let t = began.elapsed();
        println!(
            "{} runs in {} processes, {:?} each, {:?}",
            made.runs.len(),
            made.processes,
            t / count,
            made.runs[made.runs.len() - 1].ending
        );
    }
}
