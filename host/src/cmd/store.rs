//! `store`: what is kept of earlier runs, and removing it.

use super::print;
use crate::{
    Failure,
    cli::{StoreArgs, StoreVerb},
    store::{Usage, clean, forget},
};

pub(super) fn store(args: &StoreArgs, verb: Option<&StoreVerb>) -> Result<(), Failure> {
    let folder = args.folder();
    let unusable = |error: std::io::Error| Failure::Run {
        message: format!("can not use the store `{}`: {error}", folder.display()),
        help: Some("choose another folder by --store".into()),
    };
    let Some(verb) = verb else {
        let usage = Usage::of(&folder).map_err(unusable)?;
        let (size, limit) = (gigabytes(usage.bytes), gigabytes(args.limit_bytes()));
        return print(&format!(
            "{}\n  {} results of stages, {} with bulk data\n  {size} of {limit} GB\n",
            folder.display(),
            usage.values,
            usage.blobs
        ));
    };
    let limit = match verb {
        StoreVerb::Gc => args.limit_bytes(),
        StoreVerb::Clear => 0,
    };
    if matches!(verb, StoreVerb::Clear) {
        forget(&folder).map_err(unusable)?;
    }
    match clean(&folder, limit).map_err(unusable)? {
        Some(cleaned) => {
            print(&format!("removed {} results of stages, {} GB\n", cleaned.values, gigabytes(cleaned.bytes)))
        }
        None => Err(Failure::Run {
            message: format!("the store `{}` is in use by a run", folder.display()),
            help: Some("wait until it has ended".into()),
        }),
    }
}

fn gigabytes(bytes: u64) -> String {
    format!("{:.2}", bytes as f64 / 1e9)
}
