"""Renders expressions.json with Jinja2, in the environment of apply_chat_template of transformers: python references.py.

Made with Jinja2 3.1.6. Each entry of `expressions` is [template, rendering], null where Python raises."""
import json
from pathlib import Path

import jinja2
import jinja2.ext
from jinja2.sandbox import ImmutableSandboxedEnvironment

FILE = Path(__file__).parent / 'expressions.json'


def to_json(value, ensure_ascii=False, indent=None, separators=None, sort_keys=False):
    return json.dumps(value, ensure_ascii=ensure_ascii, indent=indent, separators=separators, sort_keys=sort_keys)


def raise_exception(message):
    raise jinja2.exceptions.TemplateError(message)


environment = ImmutableSandboxedEnvironment(
    trim_blocks=True, lstrip_blocks=True, extensions=[jinja2.ext.loopcontrols]
)
environment.filters['tojson'] = to_json
environment.globals['raise_exception'] = raise_exception


def render(template, variables):
    try:
        return environment.from_string(template).render(**variables)
    except Exception:
        return None


content = json.loads(FILE.read_text())
variables = content['variables']
rendered = [[template, render(template, variables)] for template, _ in content['expressions']]
lines = ',\n'.join('    ' + json.dumps(entry, ensure_ascii=False) for entry in rendered)
FILE.write_text(f'{{\n  "variables": {json.dumps(variables, ensure_ascii=False)},\n  "expressions": [\n{lines}\n  ]\n}}\n')
