//! The figures of a work as an aligned table, with how each peer stands to us in words.
//!
//! Does not measure. Invariant: the table of equal figures is equal, and the winner is named whoever it is.

use super::figures::{Figure, digits};

/// Draws the figures of one work.
pub(super) fn draw(figures: &[Figure]) -> String {
    let rows: Vec<[String; 5]> = figures.iter().map(row).collect();
    let width = |column: usize| rows.iter().map(|row| row[column].chars().count()).max().unwrap_or_default();
    let widths: Vec<usize> = (0..5).map(width).collect();
    let lines = rows.iter().map(|[side, median, spread, memory, words]| {
        let line = format!(
            "  {side:<0$}  {median:>1$}  {spread:<2$}  {memory:>3$}  {words}",
            widths[0], widths[1], widths[2], widths[3]
        );
        line.trim_end().to_owned()
    });
    lines.collect::<Vec<_>>().join("\n")
}

fn row(figure: &Figure) -> [String; 5] {
    let shown = |value| figure.unit.shown(value);
    let memory = figure.memory_kib.map(|kib| format!("{} MiB", digits(kib as f64 / 1024.0)));
    [
        figure.side.to_owned(),
        shown(figure.median),
        format!("({} to {})", shown(figure.least), shown(figure.most)),
        memory.unwrap_or_default(),
        words(figure).unwrap_or_default(),
    ]
}

/// How a side stands to the one beside it.
fn words(figure: &Figure) -> Option<String> {
    let (times, beside) = (figure.times?, figure.beside?);
    Some(match times {
        _ if !figure.is_peer => format!("{times:.3} x as long as {beside}"),
        1.0.. => format!("ours is {} x cheaper", digits(times)),
        _ => format!("ours is {} x dearer", digits(1.0 / times)),
    })
}

#[cfg(test)]
mod tests {
    use super::super::figures::figures;
    use super::super::stage::Sample;
    use super::super::works;
    use super::*;

    #[test]
    fn whoever_wins_is_told() {
        let samples = |each: [f64; 3]| each.map(|each_ns| Sample { each_ns, memory_kib: None }).to_vec();
        let mut work = works::all().swap_remove(0);
        work.sides.retain(|side| side.name != works::SHUTTLE_PCT);
        let taken = [[20.0, 25.0, 21.0], [30.0, 30.0, 30.0], [90.0, 92.5, 84.0], [10.0, 12.5, 10.5]];
        insta::assert_snapshot!(draw(&figures(&work, &taken.map(samples))), @r"
          photofinish random  21.0 ns  (20.0 ns to 25.0 ns)
          photofinish PCT 3   30.0 ns  (30.0 ns to 30.0 ns)
          shuttle random      90.0 ns  (84.0 ns to 92.5 ns)    ours is 4.00 x cheaper
          loom                10.5 ns  (10.0 ns to 12.5 ns)    ours is 2.00 x dearer
        ");
    }

    #[test]
    fn our_own_sides_are_told_by_how_long_they_take() {
        let work = works::all().into_iter().find(|work| work.name == works::LOCKS).expect("it is one");
        let taken = [(10.0, 5_120), (10.1, 0), (12.0, 102_400)];
        let samples = taken
            .map(|(each_ns, kib)| vec![Sample { each_ns, memory_kib: Some(kib).filter(|kib| *kib > 0) }]);
        insta::assert_snapshot!(draw(&figures(&work, &samples)), @r"
          plain            10.0 ns  (10.0 ns to 10.0 ns)  5.00 MiB
          boundary linked  10.1 ns  (10.1 ns to 10.1 ns)            1.010 x as long as plain
          instrumented     12.0 ns  (12.0 ns to 12.0 ns)   100 MiB  1.200 x as long as plain
        ");
    }
}
