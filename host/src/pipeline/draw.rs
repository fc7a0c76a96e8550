//! Draws pipelines and plans as Mermaid and Graphviz text.

use super::plan::{Feed, Plan, source_name};
use super::resolve::{Each, Producer, Resolved, Take};
use std::fmt::Write;

/// Boxes and arrows, before it is decided how they are written.
#[derive(Default)]
struct Drawing {
    boxes: Vec<Box>,
    arrows: Vec<Arrow>,
}

struct Box {
    lines: Vec<String>,
    /// A file rather than work.
    is_file: bool,
    /// Drawn as a stack: it stands for one per source.
    repeated: bool,
}

struct Arrow {
    from: usize,
    to: usize,
    label: String,
}

impl Plan {
    /// The plan as a Mermaid flowchart: one node for each source file and each instance.
    #[must_use]
    pub fn mermaid(&self) -> String {
        self.drawing().mermaid()
    }

    /// The plan as a Graphviz digraph.
    #[must_use]
    pub fn dot(&self) -> String {
        self.drawing().dot()
    }

    fn drawing(&self) -> Drawing {
        let mut drawing = Drawing::default();
        for (index, path) in self.sources.iter().enumerate() {
            let file = path.file_name().map(|name| name.to_string_lossy().into_owned());
            let lines = std::iter::once(source_name(index)).chain(file).collect();
            drawing.boxes.push(Box { lines, is_file: true, repeated: false });
        }
        for instance in &self.instances {
            let lines = vec![instance.name.clone(), instance.uses.clone()];
            drawing.boxes.push(Box { lines, is_file: false, repeated: false });
        }
        for (index, instance) in self.instances.iter().enumerate() {
            let feeds = instance.inputs.iter().flat_map(|(port, feeds)| feeds.iter().map(move |feed| (port, feed)));
            for (input, feed) in feeds {
                let (from, label) = match feed {
                    Feed::File { source } => (*source, input.clone()),
                    Feed::Output { instance, port } => (self.sources.len() + instance, ports(port, input)),
                };
                drawing.arrows.push(Arrow { from, to: self.sources.len() + index, label });
            }
        }
        drawing
    }
}

impl Resolved {
    /// The stages as a Mermaid flowchart, before they are repeated for the sources of a job.
    #[must_use]
    pub fn mermaid(&self) -> String {
        self.drawing().mermaid()
    }

    /// The stages as a Graphviz digraph.
    #[must_use]
    pub fn dot(&self) -> String {
        self.drawing().dot()
    }

    fn drawing(&self) -> Drawing {
        let mut drawing = Drawing::default();
        drawing.boxes.push(Box { lines: vec!["job".to_owned()], is_file: true, repeated: true });
        for stage in &self.stages {
            let mut lines = vec![format!("{}{}", stage.name, stage.of_variants()), stage.uses.clone()];
            lines.extend(match stage.each {
                Each::Once => None,
                Each::Sources => Some("each source".to_owned()),
                Each::Targets => Some("each target".to_owned()),
            });
            drawing.boxes.push(Box { lines, is_file: false, repeated: stage.each != Each::Once });
        }
        for (index, stage) in self.stages.iter().enumerate() {
            let edges = stage.inputs.iter().flat_map(|input| input.edges.iter().map(move |edge| (&input.port, edge)));
            for (input, edge) in edges {
                let (from, mut label) = match &edge.producer {
                    Producer::Job => (0, ports("file", input)),
                    Producer::Stage { index, port } => (1 + index, ports(port, input)),
                };
                if edge.take == Take::Reference {
                    label.push_str(" @reference");
                }
                drawing.arrows.push(Arrow { from, to: 1 + index, label });
            }
        }
        drawing
    }
}

/// Output and input of an arrow; one name when they are the same.
fn ports(output: &str, input: &str) -> String {
    if output == input { input.to_owned() } else { format!("{output} → {input}") }
}

impl Drawing {
    fn mermaid(&self) -> String {
        let mut text = "flowchart LR\n".to_owned();
        for (index, node) in self.boxes.iter().enumerate() {
            let lines: Vec<String> = node.lines.iter().map(|line| mermaid_text(line)).collect();
            let (open, close) = match (node.is_file, node.repeated) {
                (true, _) => ("([", "])"),
                (false, true) => ("[[", "]]"),
                (false, false) => ("[", "]"),
            };
            // Writing into a string cannot fail.
            let _ = writeln!(text, "    n{index}{open}\"{}\"{close}", lines.join("<br/>"));
        }
        for arrow in &self.arrows {
            let _ = writeln!(text, "    n{} -->|\"{}\"| n{}", arrow.from, mermaid_text(&arrow.label), arrow.to);
        }
        text
    }

    fn dot(&self) -> String {
        let mut text = "digraph pipeline {\n    rankdir=LR;\n    node [shape=box];\n".to_owned();
        for (index, node) in self.boxes.iter().enumerate() {
            let lines: Vec<String> = node.lines.iter().map(|line| dot_text(line)).collect();
            let shape = if node.is_file { ", shape=note" } else { "" };
            let frame = if node.repeated { ", peripheries=2" } else { "" };
            let _ = writeln!(text, "    n{index} [label=\"{}\"{shape}{frame}];", lines.join("\\n"));
        }
        for arrow in &self.arrows {
            let _ = writeln!(text, "    n{} -> n{} [label=\"{}\"];", arrow.from, arrow.to, dot_text(&arrow.label));
        }
        text.push_str("}\n");
        text
    }
}

/// Text in a quoted Mermaid label: what would end the label, start Markdown or make a tag becomes a character code.
fn mermaid_text(text: &str) -> String {
    let mut escaped = String::new();
    for character in text.chars() {
        match character {
            '"' | '#' | '<' | '>' | '&' | '`' | '\\' | '*' => {
                let _ = write!(escaped, "#{};", u32::from(character));
            }
            character if character.is_control() => escaped.push(' '),
            character => escaped.push(character),
        }
    }
    escaped
}

/// Text in a quoted Graphviz string.
fn dot_text(text: &str) -> String {
    let mut escaped = String::new();
    for character in text.chars() {
        match character {
            '"' | '\\' => escaped.extend(['\\', character]),
            character if character.is_control() => escaped.push(' '),
            character => escaped.push(character),
        }
    }
    escaped
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn labels_cannot_leave_their_quotes() {
        assert_eq!(mermaid_text("a\"]<b>#1;\n"), "a#34;]#60;b#62;#35;1; ");
        assert_eq!(dot_text("a\\\"b\n"), "a\\\\\\\"b ");
    }
}
