//! Stop texts: found across pieces, never shown, not even their beginning.

/// Looks for the first of several texts in a stream.
#[derive(Debug)]
pub struct StopWatch {
    stops: Vec<String>,
    held: String,
}

/// What a piece of text led to.
#[derive(Debug, PartialEq, Eq)]
pub struct Passed {
    /// Text that can be shown.
    pub text: String,
    /// The stop text that was met, if one was; nothing after it counts.
    pub stopped: Option<String>,
}

impl StopWatch {
    /// Watch for these texts; empty ones are left out.
    #[must_use]
    pub fn new(stops: impl IntoIterator<Item = String>) -> Self {
        Self {
            stops: stops.into_iter().filter(|stop| !stop.is_empty()).collect(),
            held: String::new(),
        }
    }

    /// Take a piece; give what is certain not to belong to a stop text.
    pub fn push(&mut self, piece: &str) -> Passed {
        self.held.push_str(piece);
        let met = self.stops.iter();
        let met = met.filter_map(|stop| Some((self.held.find(stop.as_str())?, stop)));
        if let Some((at, stop)) = met.min_by_key(|(at, _)| *at) {
            self.held.truncate(at);
            return Passed {
                text: std::mem::take(&mut self.held),
                stopped: Some(stop.clone()),
            };
        }
        let kept = self.longest_beginning();
        let rest = self.held.split_off(self.held.len() - kept);
        Passed {
            text: std::mem::replace(&mut self.held, rest),
            stopped: None,
        }
    }

    /// The stream ended: what was held back was no stop text.
    pub fn finish(&mut self) -> String {
        std::mem::take(&mut self.held)
    }

    /// Length of the longest end of what is held that begins a stop text.
    fn longest_beginning(&self) -> usize {
        let ends = self.held.char_indices().map(|(at, _)| &self.held[at..]);
        ends.filter(|end| self.stops.iter().any(|stop| stop.starts_with(end)))
            .map(str::len)
            .max()
            .unwrap_or(0)
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn through(stops: &[&str], pieces: &[&str]) -> (Vec<String>, bool) {
        let mut watch = StopWatch::new(stops.iter().map(ToString::to_string));
        let mut texts = Vec::new();
        for piece in pieces {
            let passed = watch.push(piece);
            texts.push(passed.text);
            if passed.stopped.is_some() {
                return (texts, true);
            }
        }
        texts.push(watch.finish());
        (texts, false)
    }

    #[test]
    fn a_stop_text_cut_by_tokens_is_found_and_never_shown() {
        assert_eq!(
            through(&["END"], &["one E", "N", "D two"]),
            (vec!["one ".into(), String::new(), String::new()], true)
        );
    }

    #[test]
    fn what_only_looked_like_a_stop_text_is_shown_after_all() {
        assert_eq!(
            through(&["END"], &["EN", "TER"]),
            (vec![String::new(), "ENTER".into(), String::new()], false)
        );
        assert_eq!(
            through(&["END"], &["EN"]),
            (vec![String::new(), "EN".into()], false)
        );
    }

    #[test]
    fn the_earliest_of_several_stop_texts_counts() {
        assert_eq!(through(&["c", "b"], &["abc"]), (vec!["a".into()], true));
    }

    #[test]
    fn an_empty_stop_text_stops_nothing() {
        assert_eq!(
            through(&[""], &["abc"]),
            (vec!["abc".into(), String::new()], false)
        );
    }

    proptest! {
        #[test]
        fn pieces_give_what_the_whole_text_gives(text in "[ab€]{0,40}", stop in "[ab€]{1,4}", cuts in proptest::collection::vec(1_usize..4, 0..40)) {
            let characters: Vec<char> = text.chars().collect();
            let mut rest = characters.as_slice();
            let mut watch = StopWatch::new([stop.clone()]);
            let mut seen = String::new();
            let mut stopped = false;
            for cut in cuts.into_iter().chain(std::iter::repeat(1)) {
                if rest.is_empty() || stopped {
                    break;
                }
                let (piece, after) = rest.split_at(cut.min(rest.len()));
                let passed = watch.push(&piece.iter().collect::<String>());
                seen += &passed.text;
                stopped = passed.stopped.is_some();
                rest = after;
            }
            if !stopped {
                seen += &watch.finish();
            }
            let expected = text.split_once(&stop).map_or(text.as_str(), |(before, _)| before);
            prop_assert_eq!(seen, expected);
            prop_assert_eq!(stopped, text.contains(&stop));
        }
    }
}
