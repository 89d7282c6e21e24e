//! Suppression of small numbers, and of those from which a small one could be computed.
//!
//! The numbers of a group are trees: a whole, which measures divide, and whose parts other measures divide in turn. One
//! rule at each division is enough, because nothing is shown of a part whose own number is not, and because nothing is added
//! up over groups.
//!
//! In a division whose whole is known, the hidden numbers stand for a rest: what the numbers that are shown leave of the
//! whole. The small ones are hidden, and with them the next larger ones, until the rest says of none what it is. Zeros give
//! no cover, because many are known beforehand: few cards have a gender that is unknown. Where nothing but zeros would be
//! shown, the whole division is hidden. The rule looks at no name and no order, so whoever knows it learns no more. The tests
//! try every small table; a zero more changes nothing in it, so that readers who know of some numbers that they are zero learn no more either.

use beid_api::types::ReportCell;

/// Smallest number that is shown, zero aside.
pub(super) const THRESHOLD: u64 = 5;
/// Value of those of whom it is not known.
pub(super) const UNKNOWN: &str = "unknown";

/// A whole, and the measures that divide it.
#[derive(Default)]
pub(super) struct CountTree {
    /// Its number.
    pub(super) number: u64,
    /// Its divisions.
    pub(super) divisions: Vec<Division>,
}

/// A measure that divides a whole: every value that there is, with its part.
pub(super) struct Division {
    pub(super) measure: &'static str,
    /// Name of the whole.
    pub(super) of: &'static str,
    pub(super) parts: Vec<(&'static str, CountTree)>,
}

impl Division {
    fn numbers(&self) -> Vec<u64> {
        self.parts.iter().map(|(_, part)| part.number).collect()
    }
}

/// Shows a whole and its parts, as far as they may be shown. One that is greater than `limit` is hidden.
pub(super) fn show(measure: &str, whole: &CountTree, limit: u64, cells: &mut Vec<ReportCell>) {
    let shown = Some(whole.number).filter(|number| (THRESHOLD..=limit).contains(number));
    cells.push(ReportCell {
        measure: measure.to_owned(),
        of: None,
        value: None,
        number: shown,
    });
    if shown.is_some() {
        show_divisions(whole, cells);
    }
}

fn show_divisions(whole: &CountTree, cells: &mut Vec<ReportCell>) {
    let shown = whole.divisions.iter().map(|division| suppressed(&division.numbers()));
    let mut shown: Vec<Vec<Option<u64>>> = shown.collect();
    hide_what_they_share(&whole.divisions, &mut shown);
    for (Division { measure, of, parts }, shown) in whole.divisions.iter().zip(shown) {
        for ((value, part), shown) in parts.iter().zip(shown) {
            cells.push(ReportCell {
                measure: (*measure).to_owned(),
                of: Some((*of).to_owned()),
                value: Some((*value).to_owned()),
                number: shown,
            });
            if shown.is_some_and(|number| number > 0) {
                show_divisions(part, cells);
            }
        }
    }
}

/// Hides divisions of one whole that have people in common whose value is unknown, as far as one of them hides their number:
/// shown by another, it would be known.
fn hide_what_they_share(divisions: &[Division], shown: &mut [Vec<Option<u64>>]) {
    let unknown = |division: &Division| {
        let mut parts = division.parts.iter();
        parts.position(|(value, part)| *value == UNKNOWN && part.number > 0)
    };
    let places: Vec<Option<usize>> = divisions.iter().map(unknown).collect();
    let sharing = places.iter().flatten().count();
    let is_hidden = |(place, shown): (&Option<usize>, &Vec<Option<u64>>)| {
        place.is_some_and(|place| shown.get(place).is_some_and(Option::is_none))
    };
    if sharing > 1 && places.iter().zip(shown.iter()).any(is_hidden) {
        for (_, shown) in places.iter().zip(shown).filter(|(place, _)| place.is_some()) {
            shown.fill(None);
        }
    }
}

/// Numbers of a division, without those that are hidden.
fn suppressed(numbers: &[u64]) -> Vec<Option<u64>> {
    let mut bounds: Vec<u64> = numbers.iter().copied().filter(|number| *number >= THRESHOLD).collect();
    bounds.sort_unstable();
    let below = |bound: u64| {
        numbers
            .iter()
            .copied()
            .filter(move |number| (1..bound).contains(number))
    };
    if below(THRESHOLD).next().is_none() {
        return numbers.iter().copied().map(Some).collect();
    }
    let bound = bounds
        .into_iter()
        .find(|bound| is_open(&below(*bound).collect::<Vec<_>>(), *bound));
    let is_shown = |number: &u64| bound.is_some_and(|bound| *number == 0 || *number >= bound);
    numbers
        .iter()
        .copied()
        .map(|number| Some(number).filter(is_shown))
        .collect()
}

/// Returns true if each hidden number can be another for a reader who knows their sum, and which of them are small: those are
/// from 1 to 4, the others less than the smallest number that is shown.
fn is_open(hidden: &[u64], bound: u64) -> bool {
    let range = |number: u64| {
        if number < THRESHOLD {
            (1, THRESHOLD - 1)
        } else {
            (THRESHOLD, bound - 1)
        }
    };
    let ranges: Vec<(u64, u64)> = hidden.iter().copied().map(range).collect();
    let (rest, least, most) = (
        hidden.iter().sum::<u64>(),
        ranges.iter().map(|(least, _)| least).sum::<u64>(),
        ranges.iter().map(|(_, most)| most).sum::<u64>(),
    );
    let each_is_open = ranges.iter().all(|(low, high)| {
        let smallest = (*low).max(rest.saturating_sub(most - high));
        let largest = (*high).min(rest - (least - low));
        smallest < largest
    });
    let small = ranges.iter().filter(|(low, _)| *low == 1).count() as u64;
    let large = ranges.len() as u64 - small;
    // Larger ones are hidden with several small ones only where these are all 1 or all 4, so both must be possible.
    let takes_both = |each: u64| {
        let left = rest.checked_sub(each * small);
        left.is_some_and(|left| (THRESHOLD * large..=(bound - 1) * large).contains(&left))
    };
    each_is_open && (small < 2 || large == 0 || (takes_both(1) && takes_both(THRESHOLD - 1)))
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;
    use std::collections::{BTreeMap, BTreeSet};

    /// Every list of `length` numbers whose sum is `sum`.
    fn lists(length: usize, sum: u64) -> Vec<Vec<u64>> {
        if length == 1 {
            return vec![vec![sum]];
        }
        let with = |first: u64| {
            let rest = lists(length - 1, sum - first).into_iter();
            rest.map(move |mut rest| {
                rest.insert(0, first);
                rest
            })
        };
        (0..=sum).flat_map(with).collect()
    }

    /// Pictures that tables give, with the values that each hidden number has in the tables of one picture.
    type Pictures = BTreeMap<Vec<(String, Option<u64>)>, BTreeMap<String, Vec<u64>>>;

    /// Adds a table to its picture. `truth` names every number of it.
    fn add(pictures: &mut Pictures, cells: &[ReportCell], truth: &[(String, u64)]) {
        let name = |cell: &ReportCell| {
            let part = |part: &Option<String>| part.clone().unwrap_or_default();
            format!("{}/{}/{}", cell.measure, part(&cell.of), part(&cell.value))
        };
        let picture: Vec<_> = cells.iter().map(|cell| (name(cell), cell.number)).collect();
        let values = pictures.entry(picture).or_default();
        for (cell, number) in truth {
            values.entry(cell.clone()).or_default().push(*number);
        }
    }

    /// Asserts that whoever sees a picture, and knows the rule, can compute no number above zero that is not in it.
    fn must_hide(pictures: &Pictures) {
        for (picture, values) in pictures {
            for (cell, values) in values {
                let is_shown = picture.iter().any(|(name, number)| name == cell && number.is_some());
                let first = values[0];
                let is_known = values.iter().all(|value| *value == first);
                assert!(
                    is_shown || !is_known || first == 0,
                    "{cell} must be {first} in {picture:?}"
                );
            }
        }
    }

    fn part(number: u64) -> CountTree {
        CountTree {
            number,
            divisions: Vec::new(),
        }
    }

    const VALUES: [&str; 6] = ["a", "b", "c", "d", "e", "f"];

    fn divided(numbers: &[u64]) -> CountTree {
        let parts = VALUES.iter().zip(numbers);
        CountTree {
            number: numbers.iter().sum(),
            divisions: vec![Division {
                measure: "m",
                of: "w",
                parts: parts.map(|(value, number)| (*value, part(*number))).collect(),
            }],
        }
    }

    #[test]
    fn no_hidden_number_of_a_division_can_be_computed() {
        for (length, most) in [(1, 12), (2, 40), (3, 32), (4, 28), (5, 22), (6, 16)] {
            let mut pictures = Pictures::new();
            for sum in 0..=most {
                for numbers in lists(length, sum) {
                    let mut cells = Vec::new();
                    show("w", &divided(&numbers), u64::MAX, &mut cells);
                    let named = VALUES.iter().zip(&numbers);
                    let mut truth: Vec<_> = named.map(|(value, number)| (format!("m/w/{value}"), *number)).collect();
                    truth.push(("w//".to_owned(), sum));
                    add(&mut pictures, &cells, &truth);
                }
            }
            must_hide(&pictures);
        }
    }

    /// Numbers that are shown, and which of all are small.
    type ClassedPicture = (Vec<Option<u64>>, Vec<bool>);

    #[test]
    fn nor_by_a_reader_who_knows_which_numbers_are_small_while_some_are_shown() {
        for (length, most) in [(2, 40), (3, 40), (4, 32), (5, 22)] {
            let mut pictures: BTreeMap<ClassedPicture, Vec<BTreeSet<u64>>> = BTreeMap::new();
            for numbers in (5..=most).flat_map(|sum| lists(length, sum)) {
                let shown = suppressed(&numbers);
                if shown.iter().all(Option::is_none) {
                    continue;
                }
                let small = numbers.iter().map(|number| *number < THRESHOLD).collect();
                let values = pictures
                    .entry((shown, small))
                    .or_insert_with(|| vec![BTreeSet::new(); length]);
                for (values, number) in values.iter_mut().zip(&numbers) {
                    values.insert(*number);
                }
            }
            for ((shown, small), values) in &pictures {
                let all = shown.iter().zip(small).zip(values);
                let mut known = all.filter(|((shown, small), values)| shown.is_none() && **small && values.len() == 1);
                assert_eq!(known.next(), None, "{shown:?} {small:?}");
            }
        }
    }

    #[test]
    fn nor_of_parts_that_are_divided_in_turn() {
        let mut pictures = Pictures::new();
        for sum in 0..=15 {
            for numbers in lists(6, sum) {
                let mut truth = vec![("w//".to_owned(), sum)];
                let names = ["a", "b", "c"].into_iter().zip(numbers.chunks(2));
                let parts = names.map(|(of, pair)| {
                    let values = ["x", "y"].into_iter().zip(pair);
                    truth.push((format!("m/w/{of}"), pair.iter().sum()));
                    truth.extend(
                        values
                            .clone()
                            .map(|(value, number)| (format!("n/{of}/{value}"), *number)),
                    );
                    let parts = values.map(|(value, number)| (value, part(*number)));
                    let division = Division {
                        measure: "n",
                        of,
                        parts: parts.collect(),
                    };
                    let tree = CountTree {
                        number: pair.iter().sum(),
                        divisions: vec![division],
                    };
                    (of, tree)
                });
                let parts = parts.collect();
                let whole = CountTree {
                    number: sum,
                    divisions: vec![Division {
                        measure: "m",
                        of: "w",
                        parts,
                    }],
                };
                let mut cells = Vec::new();
                show("w", &whole, u64::MAX, &mut cells);
                add(&mut pictures, &cells, &truth);
            }
        }
        must_hide(&pictures);
    }

    #[test]
    fn small_numbers_are_hidden_with_the_next_larger_ones_until_the_rest_tells_nothing() {
        for (numbers, expected) in [
            // Nothing is small but zeros.
            (vec![12, 0, 7], vec![Some(12), Some(0), Some(7)]),
            // Two small ones share the rest.
            (vec![12, 3, 1, 7], vec![Some(12), None, None, Some(7)]),
            (vec![12, 3, 4, 0], vec![Some(12), None, None, Some(0)]),
            // One alone is the rest, whatever is zero: the next larger one is hidden with it.
            (vec![12, 3, 9], vec![Some(12), None, None]),
            (vec![12, 0, 1, 7], vec![Some(12), Some(0), None, None]),
            // The rest of two is 2 only if both are 1, of two 8 only if both are 4.
            (vec![12, 1, 1], vec![None, None, None]),
            (vec![12, 1, 1, 30], vec![None, None, None, Some(30)]),
            (vec![4, 4, 9, 30], vec![None, None, None, Some(30)]),
            // Both all 1 and all 4 must be possible: (1, 2, 5) would show the 5.
            (vec![1, 1, 6, 7], vec![None, None, None, None]),
            (vec![1, 1, 12, 30], vec![None, None, None, Some(30)]),
            // What is next larger is not hidden alone of its equals.
            (vec![3, 7, 7, 20], vec![None, None, None, Some(20)]),
            (vec![3, 7, 7], vec![None, None, None]),
        ] {
            assert_eq!(suppressed(&numbers), expected, "{numbers:?}");
        }
    }

    #[test]
    fn what_one_division_hides_of_unknown_values_another_does_not_tell() {
        let division = |measure, numbers: [u64; 3]| Division {
            measure,
            of: "patients",
            parts: ["a", "b", UNKNOWN].into_iter().zip(numbers.map(part)).collect(),
        };
        for (numbers, others, expected) in [
            ([2, 33, 9], [20, 15, 9], [None, None, None]),
            ([2, 33, 9], [20, 24, 0], [Some(20), Some(24), Some(0)]),
            ([6, 29, 9], [20, 15, 9], [Some(20), Some(15), Some(9)]),
        ] {
            let whole = CountTree {
                number: 44,
                divisions: vec![division("age", numbers), division("gender", others)],
            };
            let mut cells = Vec::new();
            show("patients", &whole, u64::MAX, &mut cells);
            let gender = cells.iter().filter(|cell| cell.measure == "gender");
            assert_eq!(gender.map(|cell| cell.number).collect::<Vec<_>>(), expected);
        }
    }

    proptest! {
        #[test]
        fn every_number_that_is_shown_is_true_and_large_or_zero(numbers in prop::collection::vec(0_u64..200, 1..12)) {
            for (number, shown) in numbers.iter().zip(suppressed(&numbers)) {
                prop_assert!(shown.is_none_or(|shown| shown == *number && (shown >= THRESHOLD || shown == 0)));
            }
        }

        #[test]
        fn a_zero_more_changes_nothing_beside_it(
            numbers in prop::collection::vec(prop_oneof![0_u64..8, 5_u64..200], 1..12),
        ) {
            let with_zero: Vec<u64> = numbers.iter().copied().chain([0]).collect();
            prop_assert_eq!(&suppressed(&with_zero)[..numbers.len()], suppressed(&numbers));
        }
    }
}
