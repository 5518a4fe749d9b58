//! A table in Markdown, aligned for people who read it in a terminal.

/// Rows of text.
#[derive(Debug)]
pub(crate) struct Table {
    rows: Vec<Vec<String>>,
}

impl Table {
    /// A table with these column heads.
    pub(crate) fn new(head: &[&str]) -> Self {
        let head = head.iter().map(ToString::to_string).collect();
        Self { rows: vec![head] }
    }

    /// Adds a row.
    pub(crate) fn add(&mut self, row: Vec<String>) {
        self.rows.push(row);
    }

    /// Prints it. The first column is text, the others are figures.
    pub(crate) fn print(&self) {
        let columns = self.rows[0].len();
        let widths: Vec<usize> = (0..columns)
            .map(|column| {
                let cells = self.rows.iter().filter_map(|row| row.get(column));
                // Two for the rule below the head, `-:`
                cells.map(|cell| cell.chars().count()).max().unwrap_or(0).max(2)
            })
            .collect();
        for (n, row) in self.rows.iter().enumerate() {
            let cells = row
                .iter()
                .zip(&widths)
                .enumerate()
                .map(|(column, (cell, &width))| match column {
                    0 => format!("{cell:<width$}"),
                    _ => format!("{cell:>width$}"),
                });
            println!("| {} |", cells.collect::<Vec<_>>().join(" | "));
            if n == 0 {
                let rules = widths.iter().enumerate().map(|(column, &width)| match column {
                    0 => "-".repeat(width),
                    _ => format!("{}:", "-".repeat(width - 1)),
                });
                println!("| {} |", rules.collect::<Vec<_>>().join(" | "));
            }
        }
    }
}

/// A figure with three digits that count, and a comma at every thousand.
pub(crate) fn number(figure: Option<f64>) -> String {
    let Some(figure) = figure else {
        return "?".into();
    };
    if figure < 100.0 {
        let decimals = if figure < 10.0 { 2 } else { 1 };
        return format!("{figure:.decimals$}");
    }
    let digits = format!("{figure:.0}");
    let mut text = String::new();
    for (n, digit) in digits.chars().enumerate() {
        if n > 0 && (digits.len() - n).is_multiple_of(3) {
            text.push(',');
        }
        text.push(digit);
    }
    text
}

#[cfg(test)]
mod tests {
    use super::number;

    #[test]
    fn figures_are_short() {
        for (figure, text) in [
            (0.123, "0.12"),
            (9.5, "9.50"),
            (12.34, "12.3"),
            (100.0, "100"),
            (999.6, "1,000"),
            (1_234_567.0, "1,234,567"),
        ] {
            assert_eq!(number(Some(figure)), text);
        }
        assert_eq!(number(None), "?");
    }
}
