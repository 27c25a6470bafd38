//! The elements of a comma-separated list, from the right.

/// The elements of a list, from the right, without the white space around them. A comma within a quoted string is none.
///
/// What a proxy appended begins with a comma and has its quotes in pairs. Read from the right, it is found whatever
/// stands before it; read from the left, a client's open quote would swallow it.
pub(super) struct FromRight<'a>(Option<&'a [u8]>);

impl<'a> FromRight<'a> {
    pub(super) fn new(list: &'a [u8]) -> Self {
        Self(Some(list))
    }
}

impl<'a> Iterator for FromRight<'a> {
    type Item = &'a [u8];

    fn next(&mut self) -> Option<&'a [u8]> {
        let list = self.0.take()?;
        let Some(comma) = last_comma(list) else { return Some(list.trim_ascii()) };
        self.0 = Some(&list[..comma]);
        Some(list[comma + 1..].trim_ascii())
    }
}

fn last_comma(list: &[u8]) -> Option<usize> {
    let mut is_quoted = false;
    for (at, byte) in list.iter().enumerate().rev() {
        match byte {
            b',' if !is_quoted => return Some(at),
            b'"' if !(is_quoted && is_escaped(&list[..at])) => is_quoted = !is_quoted,
            _ => {}
        }
    }
    None
}

/// Whether what follows on `before` is escaped: by a backslash that is not itself escaped.
fn is_escaped(before: &[u8]) -> bool {
    before.iter().rev().take_while(|byte| **byte == b'\\').count() % 2 == 1
}

#[cfg(test)]
mod tests {
    use super::FromRight;

    #[test]
    fn a_list_is_cut_at_the_commas_outside_of_quotes() {
        let cases: [(&str, &[&str]); 6] = [
            ("a, b ,c", &["c", "b", "a"]),
            (r#"a;x="1,2", b"#, &["b", r#"a;x="1,2""#]),
            (r#"a, x="1\",2""#, &[r#"x="1\",2""#, "a"]),
            (r#"a, x="1\\", b"#, &["b", r#"x="1\\""#, "a"]),
            ("a,,", &["", "", "a"]),
            ("", &[""]),
        ];
        for (list, elements) in cases {
            let found: Vec<_> = FromRight::new(list.as_bytes()).collect();
            assert_eq!(
                found,
                elements.iter().map(|element| element.as_bytes()).collect::<Vec<_>>(),
                "{list}"
            );
        }
    }

    #[test]
    fn an_open_quote_does_not_reach_what_was_appended() {
        for head in ["\"", "for=\"", "x=\"\\", "\"\"\""] {
            let list = format!("{head}, for=\"[::1]:80\";by=b");
            assert_eq!(FromRight::new(list.as_bytes()).next(), Some(&b"for=\"[::1]:80\";by=b"[..]), "{list}");
        }
    }
}
