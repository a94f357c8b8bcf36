//! What comes back from a server that speaks OpenAI's language.
//!
//! Nothing but the shape that is needed is expected: each server leaves fields out, sends `null`
//! in their place, or adds its own.

use serde_json::Value;

use crate::providers::{
    cloud::{
        Category, CloudEvent, Delta, Embeddings, End, EndReason, Moderation, OfferedModel, Usage,
    },
    complaint::Complaint,
    error::Trouble,
    stream::{Decode, Fault, Progress, tell},
    tool_calls::{Piece, ToolCalls},
};

/// Understands chunks of Chat Completions, and the whole answer, which is one large chunk.
#[derive(Debug, Default)]
pub(super) struct Decoder {
    calls: ToolCalls,
    finish: Option<String>,
    refused: bool,
}

impl Decode for Decoder {
    type Event = CloudEvent;
    type End = End;

    fn is_answer(event: &CloudEvent) -> bool {
        event.is_delta()
    }

    fn value(
        &mut self,
        chunk: &Value,
        on_event: &mut dyn FnMut(CloudEvent),
    ) -> Result<Progress, Fault> {
        // Azure's first chunk and the last one with the counts have no choices.
        let choice = &chunk["choices"][0];
        if let Some(complaint) = Complaint::of(choice) {
            return Err(Fault::Complaint(complaint));
        }
        let delta = match &choice["delta"] {
            Value::Null => &choice["message"],
            delta => delta,
        };
        self.delta(delta, on_event)?;
        if let Some(finish) = choice["finish_reason"]
            .as_str()
            .filter(|text| !text.is_empty())
        {
            self.finish = Some(finish.to_owned());
        }
        // Groq counts in a field of its own.
        for counts in [&chunk["usage"], &chunk["x_groq"]["usage"]] {
            if counts.is_object() {
                on_event(CloudEvent::Usage(usage(counts)));
            }
        }
        Ok(Progress::More)
    }

    fn has_ended(&self) -> bool {
        self.finish.is_some()
    }

    fn end(self) -> Result<End, Fault> {
        let reason = match self.finish.as_deref() {
            Some("content_filter") => {
                return Err(Fault::Trouble(Trouble::Filtered, String::new()));
            }
            Some("error") => return Err(Fault::Trouble(Trouble::Cut, String::new())),
            // What the limit has cut must not be called, even if it looks whole.
            Some("length") => EndReason::Length,
            _ if self.refused => EndReason::Refused,
            _ if !self.calls.is_empty() => EndReason::ToolCalls,
            _ => EndReason::Stop,
        };
        let tool_calls = match reason {
            EndReason::ToolCalls => self.calls.finish()?,
            _ => Vec::new(),
        };
        Ok(End {
            reason,
            stop_text: None,
            tool_calls,
            thinking: Vec::new(),
        })
    }
}

impl Decoder {
    fn delta(&mut self, delta: &Value, on_event: &mut dyn FnMut(CloudEvent)) -> Result<(), Fault> {
        // Some send both names with the same text.
        let reasoning = ["reasoning_content", "reasoning"]
            .iter()
            .find_map(|field| delta[*field].as_str().filter(|text| !text.is_empty()));
        tell(on_event, Delta::Reasoning, reasoning);
        match &delta["content"] {
            Value::Array(parts) => parts.iter().for_each(|part| content_part(part, on_event)),
            content => tell(on_event, Delta::Text, content.as_str()),
        }
        if let Some(refusal) = delta["refusal"].as_str().filter(|text| !text.is_empty()) {
            self.refused = true;
            tell(on_event, Delta::Refusal, Some(refusal));
        }
        for call in delta["tool_calls"].as_array().into_iter().flatten() {
            let function = &call["function"];
            let arguments = match &function["arguments"] {
                Value::Null => String::new(),
                Value::String(text) => text.clone(),
                whole => whole.to_string(),
            };
            let piece = Piece {
                index: call["index"].as_u64(),
                id: call["id"].as_str().unwrap_or_default(),
                name: function["name"].as_str().unwrap_or_default(),
                arguments: &arguments,
            };
            self.calls.add(&piece, on_event)?;
        }
        Ok(())
    }
}

/// Mistral's reasoning models send content in parts.
fn content_part(part: &Value, on_event: &mut dyn FnMut(CloudEvent)) {
    match &part["thinking"] {
        Value::Array(thoughts) => {
            for thought in thoughts {
                tell(on_event, Delta::Reasoning, thought["text"].as_str());
            }
        }
        _ => tell(on_event, Delta::Text, part["text"].as_str()),
    }
}

fn usage(counts: &Value) -> Usage {
    let count = |value: &Value| value.as_u64().unwrap_or_default();
    let read = &counts["prompt_tokens_details"];
    // DeepSeek says it in a field of its own.
    let cached = read["cached_tokens"]
        .as_u64()
        .or_else(|| counts["prompt_cache_hit_tokens"].as_u64());
    let input = count(&counts["prompt_tokens"]);
    let written = count(&counts["completion_tokens"]);
    let reasoning = count(&counts["completion_tokens_details"]["reasoning_tokens"]);
    // Most count reasoning into what was written. xAI counts it beside that, and Gemini's compatible
    // endpoint nowhere: only the sum tells.
    let sum = count(&counts["total_tokens"]);
    let beside = sum.saturating_sub(input.saturating_add(written));
    let reasoning = match reasoning {
        0 => beside,
        said => said,
    };
    let is_beside = beside >= reasoning || reasoning > written;
    Usage {
        input,
        cached: cached.unwrap_or_default(),
        cache_write: count(&read["cache_write_tokens"]),
        cache_write_hour: 0,
        output: match is_beside {
            true => written.saturating_add(reasoning),
            false => written,
        },
        reasoning,
    }
}

/// The vectors in the order of the texts, which `index` tells; `None` if one is missing.
pub(super) fn embeddings(answer: &Value, texts: usize) -> Option<Embeddings> {
    let mut vectors = vec![None; texts];
    for (at, item) in answer["data"].as_array()?.iter().enumerate() {
        let at = item["index"]
            .as_u64()
            .map_or(Some(at), |index| usize::try_from(index).ok())?;
        *vectors.get_mut(at)? = Some(vector(&item["embedding"])?);
    }
    Some(Embeddings {
        vectors: vectors.into_iter().collect::<Option<_>>()?,
        input_tokens: answer["usage"]["prompt_tokens"].as_u64(),
    })
}

/// A vector of numbers; `None` if it is none.
pub(in crate::providers) fn vector(value: &Value) -> Option<Vec<f32>> {
    let numbers = value.as_array().filter(|numbers| !numbers.is_empty())?;
    // Vectors are measured in single precision by those who make them.
    numbers
        .iter()
        .map(|number| number.as_f64().map(|number| number as f32))
        .collect()
}

pub(super) fn moderations(answer: &Value, texts: usize) -> Option<Vec<Moderation>> {
    let results = answer["results"].as_array()?;
    let read: Option<Vec<_>> = results.iter().map(moderation).collect();
    read.filter(|read| read.len() == texts)
}

fn moderation(result: &Value) -> Option<Moderation> {
    let scores = result["category_scores"].as_object()?.iter();
    let categories = scores.filter_map(|(name, score)| {
        Some(Category {
            name: name.clone(),
            flagged: result["categories"][name].as_bool().unwrap_or(false),
            score: score.as_f64()?,
        })
    });
    Some(Moderation {
        flagged: result["flagged"].as_bool()?,
        categories: categories.collect(),
    })
}

/// The models on offer. The context is told by OpenRouter, Mistral, vLLM, Groq and llama-server,
/// each in its own field.
pub(super) fn models(answer: &Value) -> Option<Vec<OfferedModel>> {
    let data = answer.get("data").unwrap_or(answer).as_array()?;
    let context = |model: &Value| {
        [
            "context_length",
            "max_context_length",
            "max_model_len",
            "context_window",
        ]
        .iter()
        .find_map(|field| model[*field].as_u64())
        .or_else(|| model["meta"]["n_ctx_train"].as_u64())
    };
    let offered = data.iter().filter_map(|model| {
        let id = model["id"].as_str()?;
        Some(OfferedModel {
            id: id.to_owned(),
            name: model["name"].as_str().unwrap_or(id).to_owned(),
            context_tokens: context(model),
            passed_on: false,
        })
    });
    Some(offered.collect())
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;
    use serde_json::json;

    use super::*;

    fn counted(prompt: u64, completion: u64, total: Option<u64>, reasoning: u64) -> Usage {
        usage(&json!({
            "prompt_tokens": prompt, "completion_tokens": completion, "total_tokens": total,
            "completion_tokens_details": { "reasoning_tokens": reasoning },
        }))
    }

    #[test]
    fn reasoning_that_is_counted_beside_the_answer_is_output_too() {
        let of_xai = counted(10_120, 1_499, Some(14_428), 2_809);
        assert_eq!((of_xai.output, of_xai.reasoning), (4_308, 2_809));
        let of_openai = counted(10_120, 4_308, Some(14_428), 2_809);
        assert_eq!((of_openai.output, of_openai.reasoning), (4_308, 2_809));
        let without_a_sum = counted(10, 100, None, 300);
        assert_eq!(
            without_a_sum.output, 400,
            "more than there is of it cannot be part of it"
        );
        assert_eq!(counted(10, 100, None, 60).output, 100);
        let of_gemini = counted(10, 100, Some(400), 0);
        assert_eq!((of_gemini.output, of_gemini.reasoning), (390, 290));
    }

    proptest! {
        #[test]
        fn all_that_the_sum_has_is_counted_once(
            prompt in 0..u64::from(u32::MAX), text in 0..u64::from(u32::MAX), reasoning in 0..u64::from(u32::MAX),
        ) {
            let sum = Some(prompt + text + reasoning);
            let beside = counted(prompt, text, sum, reasoning);
            let inside = counted(prompt, text + reasoning, sum, reasoning);
            prop_assert_eq!(beside, inside);
            prop_assert_eq!(beside.input + beside.output, prompt + text + reasoning);
        }

        #[test]
        fn no_numbers_make_it_panic(counts: [u64; 4]) {
            let [prompt, completion, total, reasoning] = counts;
            let usage = counted(prompt, completion, Some(total), reasoning);
            prop_assert!(usage.output >= completion);
        }
    }
}
