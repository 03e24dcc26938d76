//! The few parts of Markdown that the tests look at: headings, fenced blocks, links and code spans.

use std::fs::read_to_string;
use std::path::Path;

use forecast_testkit::workspace::root;

/// A page, taken apart.
#[derive(Debug, Default)]
pub(crate) struct Page {
    pub(crate) headings: Vec<Heading>,
    pub(crate) blocks: Vec<Block>,
    pub(crate) links: Vec<Link>,
    /// What stands between backticks within a line.
    pub(crate) spans: Vec<(usize, String)>,
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Heading {
    pub(crate) level: usize,
    pub(crate) text: String,
}

/// A fenced block, without its indentation.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Block {
    pub(crate) line: usize,
    pub(crate) language: String,
    /// The name in `<!-- step: NAME -->` on the line above.
    pub(crate) step: Option<String>,
    pub(crate) text: String,
}

impl Block {
    /// Whether it holds commands.
    pub(crate) fn is_shell(&self) -> bool {
        matches!(self.language.as_str(), "bash" | "sh" | "powershell")
    }

    /// Its commands, each on one line.
    pub(crate) fn commands(&self) -> Vec<String> {
        let joined = self.text.replace("\\\n", " ");
        joined.lines().map(|line| line.split_whitespace().collect::<Vec<_>>().join(" ")).collect()
    }
}

#[derive(Debug)]
pub(crate) struct Link {
    pub(crate) line: usize,
    pub(crate) target: String,
}

/// Reads a page, named from the root of the workspace.
pub(crate) fn page(path: &str) -> Page {
    let text = read_to_string(root().join(path)).unwrap_or_else(|error| panic!("{path}: {error}"));
    parse(&text)
}

/// Every Markdown file of the repository, from the root, sorted. Not what tools and builds leave behind.
pub(crate) fn all_paths() -> Vec<String> {
    let root = root();
    let mut paths = Vec::new();
    let mut folders = vec![root.clone()];
    while let Some(folder) = folders.pop() {
        for entry in std::fs::read_dir(&folder).unwrap() {
            let path = entry.unwrap().path();
            let name = path.file_name().unwrap_or_default().to_string_lossy().into_owned();
            let left_out = matches!(name.as_str(), "target" | "demo" | "node_modules")
                || (name.starts_with('.') && name != ".github");
            if path.is_dir() && !left_out {
                folders.push(path);
            } else if path.extension().is_some_and(|extension| extension == "md") {
                paths.push(relative(&path, &root));
            }
        }
    }
    paths.sort();
    paths
}

fn relative(path: &Path, root: &Path) -> String {
    path.strip_prefix(root).unwrap_or(path).to_string_lossy().into_owned()
}

pub(crate) fn parse(text: &str) -> Page {
    let mut page = Page::default();
    let mut step = None;
    let mut in_code = false;
    let mut lines = text.lines().enumerate();
    while let Some((index, line)) = lines.next() {
        let number = index + 1;
        let trimmed = line.trim_start();
        let indent = line.len() - trimmed.len();
        if let Some(language) = trimmed.strip_prefix("```") {
            let body: Vec<&str> = lines
                .by_ref()
                .map(|(_, line)| line)
                .take_while(|line| line.trim() != "```")
                .map(|line| line.get(indent..).unwrap_or_else(|| line.trim_start()))
                .collect();
            page.blocks.push(Block {
                line: number,
                language: language.trim().to_owned(),
                step: step.take(),
                text: body.join("\n"),
            });
            continue;
        }
        let comment = trimmed.strip_prefix("<!-- step: ").and_then(|rest| rest.strip_suffix(" -->"));
        step = comment.map(str::to_owned);
        let level = line.bytes().take_while(|byte| *byte == b'#').count();
        if (1..=6).contains(&level) && line.as_bytes().get(level) == Some(&b' ') {
            page.headings.push(Heading { level, text: line[level + 1..].trim().to_owned() });
        }
        in_code = inline(&mut page, number, line, in_code && !trimmed.is_empty());
    }
    page
}

/// The code spans and links of a line that begins inside of code or not; whether it ends inside. Links
/// within code are none.
fn inline(page: &mut Page, line: usize, text: &str, begins_in_code: bool) -> bool {
    let mut in_code = begins_in_code;
    let mut prose = String::new();
    for (index, part) in text.split('`').enumerate() {
        in_code = if index == 0 { begins_in_code } else { !in_code };
        if in_code {
            page.spans.push((line, part.to_owned()));
        } else {
            prose.push_str(part);
            prose.push('`');
        }
    }
    for rest in prose.split("](").skip(1) {
        if let Some((target, _)) = rest.split_once(')') {
            page.links.push(Link { line, target: target.to_owned() });
        }
    }
    in_code
}

impl Page {
    /// What GitHub lets links lead to: the slug of every heading, numbered where it repeats.
    pub(crate) fn anchors(&self) -> Vec<String> {
        let mut anchors: Vec<String> = Vec::new();
        for heading in &self.headings {
            let slug = slug(&heading.text);
            let repeats = anchors.iter().filter(|known| **known == slug).count();
            anchors.push(if repeats == 0 { slug } else { format!("{slug}-{repeats}") });
        }
        anchors
    }
}

/// A heading as GitHub writes it in addresses.
pub(crate) fn slug(heading: &str) -> String {
    let kept = |c: char| c.is_alphanumeric() || matches!(c, ' ' | '-' | '_');
    heading.to_lowercase().chars().filter(|c| kept(*c)).map(|c| if c == ' ' { '-' } else { c }).collect()
}

#[test]
fn a_page_is_taken_apart() {
    let text = "# One `x`\n\n1. Do:\n\n   <!-- step: go -->\n   ```bash\n   a \\\n     b\n   ```\n\nSee [that](other.md#here), not `[this](x.md)`.\n";
    let page = parse(text);
    assert_eq!(page.headings, [Heading { level: 1, text: "One `x`".to_owned() }]);
    assert_eq!(page.blocks[0].step.as_deref(), Some("go"));
    assert_eq!(page.blocks[0].commands(), ["a b"]);
    let targets: Vec<&str> = page.links.iter().map(|link| link.target.as_str()).collect();
    assert_eq!(targets, ["other.md#here"]);
    assert_eq!(page.spans[1].1, "[this](x.md)");
}

#[test]
fn slugs_are_those_of_github() {
    assert_eq!(slug("Model won't load"), "model-wont-load");
    assert_eq!(slug("Intégration .NET"), "intégration-net");
    assert_eq!(slug("CI/CD pipeline"), "cicd-pipeline");
}
