//! The two forms of the figures: OpenMetrics, and the older text format for programs that do not ask for it.
//!
//! Source: OpenMetrics 1.0; Prometheus, "Exposition formats", text-based format 0.0.4.

use std::collections::BTreeSet;

/// Form of the figures.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(crate) enum MetricsForm {
    OpenMetrics,
    Text,
}

impl MetricsForm {
    /// Chooses the form by the field `Accept`: OpenMetrics for those who name it.
    pub(crate) fn by_accept(accept: Option<&str>) -> Self {
        let named = accept
            .unwrap_or_default()
            .split(',')
            .map(|one| one.split(';').next().unwrap_or_default().trim());
        if named
            .into_iter()
            .any(|media| media.eq_ignore_ascii_case("application/openmetrics-text"))
        {
            Self::OpenMetrics
        } else {
            Self::Text
        }
    }

    pub(crate) fn media_type(self) -> &'static str {
        match self {
            Self::OpenMetrics => "application/openmetrics-text; version=1.0.0; charset=utf-8",
            Self::Text => "text/plain; version=0.0.4; charset=utf-8",
        }
    }

    /// Gives `text`, which is OpenMetrics, this form.
    pub(crate) fn of(self, text: String) -> String {
        match self {
            Self::OpenMetrics => text,
            Self::Text => older(&text),
        }
    }
}

/// Rewrites OpenMetrics: the older format has no units and no end, calls information a gauge, and names a counter as its
/// samples are named.
fn older(text: &str) -> String {
    let described = |line: &str| {
        let (what, rest) = line.strip_prefix("# ")?.split_once(' ')?;
        let (name, rest) = rest.split_once(' ')?;
        Some((what.to_owned(), name.to_owned(), rest.to_owned()))
    };
    let of_type = |wanted: &str| -> BTreeSet<String> {
        let lines = text.lines().filter_map(described);
        let types = lines.filter(|(what, _, rest)| what == "TYPE" && rest == wanted);
        types.map(|(_, name, _)| name).collect()
    };
    let (counters, infos) = (of_type("counter"), of_type("info"));
    let mut older = String::with_capacity(text.len());
    for line in text.lines().filter(|line| *line != "# EOF") {
        let Some((what, name, rest)) = described(line) else {
            older.push_str(line);
            older.push('\n');
            continue;
        };
        let (name, rest) = if counters.contains(&name) {
            (format!("{name}_total"), rest)
        } else if infos.contains(&name) {
            (format!("{name}_info"), rest.replace("info", "gauge"))
        } else {
            (name, rest)
        };
        if what != "UNIT" {
            older.push_str(&format!("# {what} {name} {rest}\n"));
        }
    }
    older
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn older_programs_get_the_names_that_they_look_for() {
        let text = "# HELP a Some.\n# TYPE a counter\na_total{b=\"# c\"} 1\n# HELP d_seconds Times.\n# TYPE d_seconds histogram\n\
                    # UNIT d_seconds seconds\nd_seconds_count 1\n# HELP e Version.\n# TYPE e info\ne_info{v=\"1\"} 1\n# EOF\n";
        let expected = "# HELP a_total Some.\n# TYPE a_total counter\na_total{b=\"# c\"} 1\n# HELP d_seconds Times.\n\
                        # TYPE d_seconds histogram\nd_seconds_count 1\n# HELP e_info Version.\n# TYPE e_info gauge\n\
                        e_info{v=\"1\"} 1\n";
        assert_eq!(MetricsForm::Text.of(text.to_owned()), expected);
        assert_eq!(MetricsForm::OpenMetrics.of(text.to_owned()), text);
    }

    #[test]
    fn the_form_is_chosen_by_name() {
        for (accept, form) in [
            (None, MetricsForm::Text),
            (Some("*/*"), MetricsForm::Text),
            (Some("text/plain;version=0.0.4"), MetricsForm::Text),
            (Some("application/openmetrics-text"), MetricsForm::OpenMetrics),
            (
                Some("text/plain;q=0.5, Application/OpenMetrics-text; version=1.0.0;q=0.75"),
                MetricsForm::OpenMetrics,
            ),
        ] {
            assert_eq!(MetricsForm::by_accept(accept), form, "{accept:?}");
        }
    }
}
