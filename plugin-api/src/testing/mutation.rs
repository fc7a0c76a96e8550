//! Damages the header of a value in every way that a small header allows.

use serde_json::{Value as Json, json};

/// How deep the damage goes: a field of a track in a list of tracks.
const DEPTH: usize = 4;

/// Damaged copies of a header, each with what was done to it; at most `count`, spread over all ways.
pub(super) fn damaged(header: &Json, count: usize) -> Vec<(String, Json)> {
    let mut found = Vec::new();
    damage(header, "the header", DEPTH, &mut |what, damaged| found.push((what, damaged)));
    let step = found.len().div_ceil(count.max(1)).max(1);
    found.into_iter().step_by(step).collect()
}

/// Calls `give` with every damaged copy of `value`.
fn damage(value: &Json, name: &str, depth: usize, give: &mut dyn FnMut(String, Json)) {
    let others: Vec<Json> = match value {
        Json::Number(_) => vec![
            json!(null),
            json!("text"),
            json!(-1),
            json!(0),
            json!(0.5),
            json!(1e308),
            json!(-1e308),
            json!(u64::MAX),
            json!(i64::MIN),
            json!(u32::MAX),
        ],
        Json::String(_) => vec![json!(null), json!(7), json!(""), json!("\u{0}"), json!("../ä\u{202e}\n'\"$(x)")],
        Json::Bool(_) => vec![json!(null), json!("yes")],
        Json::Array(_) => vec![json!(null), json!([]), json!([null]), json!({})],
        Json::Object(_) => vec![json!(null), json!([]), json!("text"), json!({})],
        Json::Null => vec![json!(7), json!("text")],
    };
    for other in others {
        give(format!("{name} = {}", short(&other)), other);
    }
    if depth == 0 {
        return;
    }
    match value {
        Json::Object(fields) => {
            for (key, field) in fields {
                let mut without = fields.clone();
                without.shift_remove(key);
                give(format!("without `{key}`"), without.into());
                damage(field, &format!("`{key}`"), depth - 1, &mut |what, damaged| {
                    let mut with = fields.clone();
                    with.insert(key.clone(), damaged);
                    give(what, with.into());
                });
            }
        }
        Json::Array(items) => {
            if let Some(first) = items.first() {
                damage(first, &format!("the first of {name}"), depth - 1, &mut |what, damaged| {
                    let mut with = items.clone();
                    with[0] = damaged;
                    give(what, with.into());
                });
                let doubled: Vec<Json> = std::iter::once(first).chain(items).cloned().collect();
                give(format!("the first of {name} twice"), doubled.into());
            }
        }
        _ => {}
    }
}

fn short(value: &Json) -> String {
    let text = value.to_string();
    if text.len() > 40 { "a long value".into() } else { text }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_field_is_damaged_and_removed_at_every_depth() {
        let header = json!({ "source": "Source 1", "tracks": [{ "id": 3 }] });
        let all = damaged(&header, usize::MAX);
        let has = |wanted: Json| all.iter().any(|(_, damaged)| *damaged == wanted);
        assert!(has(json!({ "tracks": [{ "id": 3 }] })));
        assert!(has(json!({ "source": "Source 1", "tracks": [{}] })));
        assert!(has(json!({ "source": "Source 1", "tracks": [{ "id": -1 }] })));
        assert!(has(json!({ "source": "Source 1", "tracks": [{ "id": 3 }, { "id": 3 }] })));
        assert!(all.iter().all(|(_, damaged)| *damaged != header));
        assert!(damaged(&header, 10).len() <= 10);
    }
}
