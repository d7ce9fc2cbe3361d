//! What a sweep amounts to: sums over its variants, what is news, and the sentence that says it.
//!
//! Does not know a format. Invariant: sums and curves follow from the variants alone, and every failure is counted in one kind of news.

use super::curves::curves;
use super::{End, Kept, News, Signature, SweepRecord, Totals, Variant};

impl SweepRecord {
    /// Fills in what follows from the variants.
    pub fn sum_up(&mut self) {
        self.totals = totals(&self.variants);
        self.curves = curves(&self.variants);
    }

    /// The failures of one kind, each with its variant, in the order of variants.
    pub fn of(&self, news: News) -> impl Iterator<Item = (&Variant, &Signature)> {
        let all =
            self.variants.iter().flat_map(|variant| variant.signatures.iter().map(move |of| (variant, of)));
        all.filter(move |(_, signature)| signature.news == news)
    }

    /// Which seeds were asked for, in words.
    #[must_use]
    pub fn range(&self) -> String {
        match self.seeds {
            Some(seeds) => format!("{} seeds of each from {} on", grouped(seeds), self.from),
            None => format!("seeds from {} on, for a time", self.from),
        }
    }

    /// What is said first, in a sentence without its end.
    #[must_use]
    pub fn sentence(&self) -> String {
        let Totals { variants, broken, fresh, back, known, unjudged, fixed, excused, runs, .. } = self.totals;
        let mut said = match (variants, broken) {
            (0, _) | (_, 0) if runs == 0 => String::from("No run was made"),
            (1, 0) => String::from("As expected"),
            (1, _) => String::from("Not as expected"),
            (all, 0) => format!("All {all} variants as expected"),
            (all, broken) => format!("{broken} of {all} variants not as expected"),
        };
        let kinds = [
            (fresh, "new failure", "new failures"),
            (back, "came back", "came back"),
            (unjudged, "could not be judged", "could not be judged"),
            (known, "known failure", "known failures"),
            (fixed, "fixed", "fixed"),
            (excused, "excused by the baseline", "excused by the baseline"),
        ];
        let kinds = kinds.iter().filter(|(count, ..)| *count > 0);
        let kinds: Vec<String> = kinds
            .map(|(count, one, many)| format!("{count} {}", if *count == 1 { one } else { many }))
            .collect();
        if !kinds.is_empty() {
            said += &format!(": {}", kinds.join(", "));
        } else if runs > 0 {
            said += ": no run failed";
        }
        match self.end {
            End::Whole => {}
            End::Interrupted => said += " (interrupted: this is what was found until then)",
            End::AtFirst => said += " (stopped at the first run that did not pass)",
            End::Part => said += " (shards are missing: this is what the others found)",
        }
        said
    }
}

/// How many a second, in words: with a digit after the point where there are few.
#[must_use]
pub fn rate(count: u64, ms: u64) -> String {
    let tenths = u128::from(count) * 10_000 / u128::from(ms.max(1));
    match tenths {
        0..100 => format!("{}.{}", tenths / 10, tenths % 10),
        _ => grouped(u64::try_from(tenths / 10).unwrap_or(u64::MAX)),
    }
}

/// A number as people read it: `1,234,567`.
#[must_use]
pub fn grouped(number: u64) -> String {
    let digits = number.to_string();
    let mut words = String::new();
    for (nth, digit) in digits.chars().enumerate() {
        if nth > 0 && (digits.len() - nth).is_multiple_of(3) {
            words.push(',');
        }
        words.push(digit);
    }
    words
}

/// So many of something whose plural ends in `s`.
#[must_use]
pub fn counted(number: u64, noun: &str) -> String {
    format!("{} {noun}{}", grouped(number), if number == 1 { "" } else { "s" })
}

fn totals(variants: &[Variant]) -> Totals {
    let mut totals = Totals { variants: variants.len() as u64, ..Totals::default() };
    for variant in variants {
        totals.runs += variant.runs;
        totals.passed += variant.passed;
        totals.points += variant.points;
        totals.broken += u64::from(variant.kept == Kept::No);
        for signature in &variant.signatures {
            let kind = match signature.news {
                News::New => &mut totals.fresh,
                News::Back => &mut totals.back,
                News::Unjudged => &mut totals.unjudged,
                News::Known => &mut totals.known,
                News::Fixed => &mut totals.fixed,
            };
            *kind += 1;
            totals.failures += u64::from(signature.news != News::Fixed);
            totals.excused += u64::from(signature.news != News::Fixed && signature.excuse.is_some());
        }
    }
    totals
}

#[cfg(test)]
mod tests {
    use super::*;

    fn variant(kept: Kept, news: &[News]) -> Variant {
        let signature = |news: &News| Signature { news: *news, ..Signature::default() };
        let signatures = news.iter().map(signature).collect();
        Variant { kept, runs: 10, passed: 9, points: 70, signatures, ..Variant::default() }
    }

    fn check(variants: &[Variant], end: End, expected: &str) {
        let mut record = SweepRecord { variants: variants.to_vec(), end, ..SweepRecord::default() };
        record.sum_up();
        assert_eq!(record.sentence(), expected);
    }

    #[test]
    fn the_sentence_says_what_is_news() {
        use News::{Back, Fixed, Known, New, Unjudged};
        let (well, badly) = (variant(Kept::Yes, &[]), variant(Kept::No, &[New, Known, Unjudged]));
        check(&[], End::Whole, "No run was made");
        check(std::slice::from_ref(&well), End::Whole, "As expected: no run failed");
        check(
            std::slice::from_ref(&badly),
            End::Whole,
            "Not as expected: 1 new failure, 1 could not be judged, 1 known failure",
        );
        check(
            &[well.clone(), badly, variant(Kept::No, &[New, Back, Fixed])],
            End::Whole,
            "2 of 3 variants not as expected: 2 new failures, 1 came back, 1 could not be judged, 1 known failure, 1 fixed",
        );
        check(
            &[well.clone(), well],
            End::Interrupted,
            "All 2 variants as expected: no run failed (interrupted: this is what was found until then)",
        );
    }

    #[test]
    fn what_is_fixed_is_no_failure_of_the_sweep() {
        let variants =
            [variant(Kept::Yes, &[News::Fixed, News::Known]), variant(Kept::Unjudged, &[News::New])];
        let Totals { variants, broken, runs, passed, points, failures, fixed, .. } = totals(&variants);
        assert_eq!((variants, broken, failures, fixed), (2, 0, 2, 1));
        assert_eq!((runs, passed, points), (20, 18, 140));
    }

    #[test]
    fn numbers_are_grouped_and_rates_rounded_down() {
        let check = |count, ms, words: &str| assert_eq!(rate(count, ms), words);
        check(0, 0, "0.0");
        check(1, 3_000, "0.3");
        check(99, 10_000, "9.9");
        check(10, 1_000, "10");
        check(1_234_567, 1_000, "1,234,567");
        check(u64::MAX, 1, "18,446,744,073,709,551,615");
        assert_eq!([0, 999, 1_000, 100_000].map(grouped), ["0", "999", "1,000", "100,000"]);
    }
}
