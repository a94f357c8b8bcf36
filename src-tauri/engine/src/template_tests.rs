use super::*;

const CHATML: &str = "{% for message in messages %}{{ '<|im_start|>' + message['role'] + '\n' + message['content'] + '<|im_end|>' + '\n' }}{% endfor %}{% if add_generation_prompt %}{{ '<|im_start|>assistant\n' }}{% endif %}";

/// In the manner of Gemma's: no system role, sides must alternate, contents are trimmed.
const STRICT: &str = "{{ bos_token }}{% if messages[0]['role'] == 'system' %}{{ raise_exception('System role not supported') }}{% endif %}\
    {% for message in messages %}\
    {% if (message['role'] == 'user') != (loop.index0 % 2 == 0) %}{{ raise_exception('Roles must alternate') }}{% endif %}\
    {% set role = 'model' if message['role'] == 'assistant' else message['role'] %}\
    {{ '<start_of_turn>' + role + '\n' + message['content'] | trim + '<end_of_turn>\n' }}{% endfor %}\
    {% if add_generation_prompt %}{{ '<start_of_turn>model\n' }}{% endif %}";

fn template(source: &str) -> Template {
    Template::new(source, "<bos>".into(), "<eos>".into()).expect("the template parses")
}

fn message(role: Role, content: &str) -> ChatMessage {
    ChatMessage {
        role,
        content: content.into(),
    }
}

fn talk() -> Vec<ChatMessage> {
    vec![
        message(Role::System, "Be kind."),
        message(Role::User, "Hi"),
        message(Role::Assistant, "Hello"),
        message(Role::User, "Bye "),
    ]
}

#[test]
fn a_conversation_is_written_as_the_template_says() {
    let expected = "<|im_start|>system\nBe kind.<|im_end|>\n<|im_start|>user\nHi<|im_end|>\n<|im_start|>assistant\nHello<|im_end|>\n\
        <|im_start|>user\nBye <|im_end|>\n<|im_start|>assistant\n";
    assert_eq!(
        template(CHATML).render(&talk()).expect("it renders"),
        expected
    );
    assert_eq!(
        template(FALLBACK).render(&talk()).expect("it renders"),
        expected,
        "the fallback is ChatML"
    );
}

#[test]
fn a_system_prompt_that_the_template_refuses_goes_to_the_first_question() {
    let text = template(STRICT).render(&talk()).expect("it renders");
    assert!(
        text.starts_with("<bos><start_of_turn>user\nBe kind.\n\nHi<end_of_turn>"),
        "{text}"
    );
    assert!(
        text.ends_with("<start_of_turn>user\nBye<end_of_turn>\n<start_of_turn>model\n"),
        "{text}"
    );
}

#[test]
fn a_system_prompt_that_the_template_ignores_goes_to_the_first_question() {
    let ignoring = "{% for m in messages %}{% if m.role == 'user' %}[INST] {{ m.content }} [/INST]{% elif m.role == 'assistant' %} {{ m.content }}{{ eos_token }}{% endif %}{% endfor %}";
    let text = template(ignoring).render(&talk()).expect("it renders");
    assert_eq!(
        text,
        "[INST] Be kind.\n\nHi [/INST] Hello<eos>[INST] Bye  [/INST]"
    );
}

#[test]
fn two_turns_of_one_side_become_one_where_the_template_wants_them_to_alternate() {
    let messages = [message(Role::User, "One"), message(Role::User, "Two")];
    let text = template(STRICT).render(&messages).expect("it renders");
    assert!(text.contains("user\nOne\n\nTwo<end_of_turn>"), "{text}");
    let apart = template(CHATML).render(&messages).expect("it renders");
    assert!(
        apart.contains("One<|im_end|>"),
        "a template that takes them gets them as they are"
    );
}

#[test]
fn a_template_that_refuses_everything_says_why() {
    let refusing = template("{{ raise_exception('Only tools may speak.') }}");
    let error = refusing.render(&talk()).expect_err("it refuses");
    assert_eq!(
        error.to_string(),
        "The model's chat template failed: Only tools may speak."
    );
    assert!(
        Template::new("{% for %}", String::new(), String::new()).is_err(),
        "this is no template"
    );
}

#[test]
fn what_python_templates_use_is_there() {
    let source = "{{ messages[0].content }}|{%- set ns = namespace(n=0) -%}{%- for m in messages[1:] -%}{%- set ns.n = ns.n + 1 -%}\
        {%- endfor -%}{{ ns.n }}|{{ messages[0].content.strip().split(' ')[-1].upper() }}|{{ messages[-1]['content'].startswith('By') }}|\
        {{ {'a': [1, 'é<'], 'b': none} | tojson }}|{{ tools is none }}|{{ undefined_thing is defined }}|{{ strftime_now('%Y') | length }}|\
        {% for m in messages %}{% if loop.index0 == 1 %}{% break %}{% endif %}{% generation %}{{ m.role }}{% endgeneration %}{% endfor %}";
    let text = template(source).render(&talk()).expect("it renders");
    assert_eq!(
        text,
        "Be kind.|3|KIND.|True|{\"a\": [1, \"é<\"], \"b\": null}|True|False|4|system"
    );
}

#[test]
fn hostile_templates_end_soon() {
    let hostile = [
        "{% for a in range(1000000) %}{% for b in range(1000000) %}x{% endfor %}{% endfor %}",
        "{% macro m() %}{{ m() }}{% endmacro %}{{ m() }}",
        "{% include 'chat' %}",
        "{{ 'x' * 100000000000 }}",
        "{% include '/etc/passwd' %}",
    ];
    for source in hostile {
        assert!(template(source).render(&talk()).is_err(), "{source}");
    }
}
