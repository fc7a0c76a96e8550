//! Calls a stage behind the plugin boundary and checks what comes back.

use super::stage_host::StageHost;
use std::collections::BTreeMap;
use vsg_plugin_api::{
    Error, Signature, Value,
    abi::{RawInput, StageBox, std_types::RVec},
};

/// Values by port.
pub(super) type Ports = BTreeMap<String, Value>;

/// Runs a stage once.
pub(super) fn call(
    stage: &StageBox,
    signature: &Signature,
    parameters: &serde_json::Value,
    inputs: Vec<(String, Vec<Value>)>,
    host: &StageHost<'_>,
) -> Result<Ports, Error> {
    let inputs = inputs.into_iter().map(|(port, values)| RawInput {
        port: port.into(),
        values: values.into_iter().map(Value::into_raw).collect(),
    });
    let parameters = parameters.to_string();
    let reply = stage.run(host.as_raw(), parameters.as_str().into(), inputs.collect::<RVec<_>>());
    let returned = reply.into_result().map_err(|error| Error::from_json(&error))?;
    let mut outputs = Ports::new();
    for output in returned {
        let port = output.port.into_string();
        outputs.insert(port, Value::from_raw(output.value)?);
    }
    check_outputs(signature, &outputs)?;
    Ok(outputs)
}

/// Every declared output is there, with its kind, and no other.
fn check_outputs(signature: &Signature, outputs: &Ports) -> Result<(), Error> {
    let defect = |what: String| Error::new(what).help("this is a defect of the plugin; report it to its author");
    for port in &signature.outputs {
        match outputs.get(&port.name) {
            None => return Err(defect(format!("the stage returned nothing for its output `{}`", port.name))),
            Some(value) if value.kind != port.kind => {
                return Err(defect(format!(
                    "the stage returned a `{}` for its output `{}`, which is declared as `{}`",
                    value.kind, port.name, port.kind
                )));
            }
            Some(_) => {}
        }
    }
    match outputs.keys().find(|name| !signature.outputs.iter().any(|port| port.name == **name)) {
        Some(name) => Err(defect(format!("the stage returned an output `{name}` that it does not declare"))),
        None => Ok(()),
    }
}
