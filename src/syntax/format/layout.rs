//! Documents that know where they may be broken into lines → text of a given width.
//!
//! After Wadler's "A prettier printer": a group is laid out on one line if it fits, else all of its
//! own lines are broken.

/// The greatest number of characters in a line.
const WIDTH: usize = 100;

/// How far each level of indentation moves.
const STEP: usize = 2;

/// A document.
#[derive(Debug, Clone)]
pub(super) enum Doc {
    /// Text without line ends.
    Text(String),
    /// Several documents, one behind the other.
    Row(Vec<Doc>),
    /// A space, or a line end where the group is broken.
    Line,
    /// Nothing, or a line end where the group is broken.
    Softline,
    /// A line end; groups around it are broken.
    Hardline,
    /// An empty line in front of the next hard line end.
    Blank,
    /// Laid out on one line if it fits.
    Group(Box<Doc>),
    /// Lines within it start further to the right.
    Indent(Box<Doc>),
    /// Text where the group is broken, nothing elsewhere.
    IfBroken(&'static str),
    /// Never broken.
    Flat(Box<Doc>),
    /// A comment that is held back to the end of its line; groups around it are broken.
    Trailing(String),
    /// A `"""` text of several lines.
    Block(String),
}

impl Doc {
    pub fn text(text: impl Into<String>) -> Doc {
        Doc::Text(text.into())
    }

    pub fn group(docs: Vec<Doc>) -> Doc {
        Doc::Group(Box::new(Doc::Row(docs)))
    }

    pub fn indent(docs: Vec<Doc>) -> Doc {
        Doc::Indent(Box::new(Doc::Row(docs)))
    }
}

#[derive(Clone, Copy, PartialEq)]
enum Mode {
    Flat,
    Broken,
}

type Command<'d> = (usize, Mode, &'d Doc);

/// Lays a document out. The text ends in one line end, unless it is empty.
pub(super) fn lay_out(doc: &Doc) -> String {
    let mut page = Page::default();
    let mut commands: Vec<Command> = vec![(0, Mode::Broken, doc)];
    while let Some((indentation, mode, doc)) = commands.pop() {
        match doc {
            Doc::Text(text) => page.write(text),
            Doc::Row(docs) => commands.extend(docs.iter().rev().map(|doc| (indentation, mode, doc))),
            Doc::Line if mode == Mode::Flat => page.write(" "),
            Doc::Softline if mode == Mode::Flat => {}
            Doc::Line | Doc::Softline | Doc::Hardline => page.end_line(indentation),
            Doc::Blank => page.blank = true,
            Doc::Group(inner) => {
                let fits = mode == Mode::Flat || page.fits(inner, &commands);
                let mode = if fits { Mode::Flat } else { Mode::Broken };
                commands.push((indentation, mode, inner));
            }
            Doc::Flat(inner) => commands.push((indentation, Mode::Flat, inner)),
            Doc::Indent(inner) => commands.push((indentation + STEP, mode, inner)),
            Doc::IfBroken(text) if mode == Mode::Broken => page.write(text),
            Doc::IfBroken(_) => {}
            Doc::Trailing(comment) => page.trailing.push(comment.clone()),
            Doc::Block(text) => {
                page.write("\"\"\"");
                for line in text.split('\n') {
                    page.end_line(indentation + STEP);
                    if !line.is_empty() {
                        page.write(line);
                    }
                }
                page.end_line(indentation);
                page.write("\"\"\"");
            }
        }
    }
    if page.column > 0 || !page.trailing.is_empty() {
        page.end_line(0);
    }
    page.text
}

/// The text so far.
#[derive(Default)]
struct Page {
    text: String,
    /// Characters in the current line; none before its indentation is written.
    column: usize,
    /// Where the current line starts.
    indentation: usize,
    /// Comments to stand at the end of the current line.
    trailing: Vec<String>,
    /// Whether an empty line goes before the next line.
    blank: bool,
}

impl Page {
    fn write(&mut self, text: &str) {
        if self.column == 0 {
            self.text.extend(std::iter::repeat_n(' ', self.indentation));
            self.column = self.indentation;
        }
        self.text.push_str(text);
        self.column += text.chars().count();
    }

    /// Ends the line; the next one starts at `indentation`.
    fn end_line(&mut self, indentation: usize) {
        for comment in std::mem::take(&mut self.trailing) {
            let gap = if self.column == 0 { "" } else { "  " };
            self.write(&format!("{gap}{comment}"));
        }
        self.text.push('\n');
        if std::mem::take(&mut self.blank) {
            self.text.push('\n');
        }
        self.column = 0;
        self.indentation = indentation;
    }

    /// Whether a document fits on the current line, with what follows it up to the next line end.
    fn fits(&self, doc: &Doc, rest: &[Command]) -> bool {
        let used = self.column.max(self.indentation);
        let mut left = WIDTH as isize - used as isize;
        let mut pending: Vec<(Mode, &Doc)> = vec![(Mode::Flat, doc)];
        let mut rest = rest.iter().rev();
        loop {
            let (mode, doc) = match pending.pop() {
                Some(next) => next,
                None => match rest.next() {
                    Some((_, mode, doc)) => (*mode, *doc),
                    None => return true,
                },
            };
            match doc {
                Doc::Text(text) => left -= text.chars().count() as isize,
                Doc::Row(docs) => pending.extend(docs.iter().rev().map(|doc| (mode, doc))),
                Doc::Indent(inner) | Doc::Group(inner) => pending.push((mode, inner)),
                Doc::Flat(inner) => pending.push((Mode::Flat, inner)),
                Doc::Line | Doc::Softline | Doc::Hardline | Doc::Block(_) if mode == Mode::Broken => {
                    return true;
                }
                Doc::Line => left -= 1,
                Doc::Hardline | Doc::Block(_) => return false,
                Doc::Trailing(_) if mode == Mode::Flat => return false,
                Doc::IfBroken(text) if mode == Mode::Broken => left -= text.len() as isize,
                Doc::Softline | Doc::Blank | Doc::Trailing(_) | Doc::IfBroken(_) => {}
            }
            if left < 0 {
                return false;
            }
        }
    }
}
