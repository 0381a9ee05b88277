"""What is a definition, a use and an import in the languages that tree-sitter parses: data for its query engine.

Each pattern captures `@name` and a node called after what it defines (see `symbols.What`); `@container` gives its
name to what stands in it and defines nothing itself; in a `@scope` nothing is defined that another file could mean.
`@import` are statements that another module takes apart. `USES` are looked for apart from these, since there are many:
`@use` and `@member` are names without and after a dot.
"""

from __future__ import annotations

from collections.abc import Mapping

from suffice.checker.languages import GO, JAVA, JAVASCRIPT, RUST, TSX, TYPESCRIPT, Grammar

_SCRIPT = """
(function_declaration name: (identifier) @name) @function
(generator_function_declaration name: (identifier) @name) @function
(method_definition name: (_) @name) @method
(lexical_declaration (variable_declarator name: (identifier) @name
    value: [(arrow_function) (function_expression)])) @function
(variable_declaration (variable_declarator name: (identifier) @name
    value: [(arrow_function) (function_expression)])) @function
(lexical_declaration (variable_declarator name: (identifier) @name)) @variable
(variable_declaration (variable_declarator name: (identifier) @name)) @variable
[(arrow_function) (function_expression) (generator_function)] @scope
(import_statement source: (_)) @import
(export_statement source: (_)) @import
(variable_declarator value: (call_expression function: (identifier) arguments: (arguments . (string)))) @import
(call_expression function: (identifier) arguments: (arguments . (string))) @import
(call_expression function: (import) arguments: (arguments . (string))) @import
"""

_JAVASCRIPT = f"""{_SCRIPT}
(class_declaration name: (identifier) @name) @class
(field_definition property: (_) @name) @variable
"""

_TYPESCRIPT = f"""{_SCRIPT}
(class_declaration name: (type_identifier) @name) @class
(abstract_class_declaration name: (type_identifier) @name) @class
(public_field_definition name: (_) @name) @variable
(interface_declaration name: (type_identifier) @name) @type
(type_alias_declaration name: (type_identifier) @name) @type
(enum_declaration name: (identifier) @name) @type
(internal_module name: (identifier) @name) @module
(method_signature name: (property_identifier) @name) @method
(abstract_method_signature name: (property_identifier) @name) @method
(function_signature name: (identifier) @name) @function
"""

_GO = """
(function_declaration name: (identifier) @name) @function
(method_declaration name: (field_identifier) @name) @method
(method_elem name: (field_identifier) @name) @method
(type_spec name: (type_identifier) @name) @type
(type_alias name: (type_identifier) @name) @type
(const_spec (identifier) @name) @variable
(var_spec name: (identifier) @name) @variable
(func_literal) @scope
(import_spec) @import
"""

_RUST = """
(function_item name: (identifier) @name) @function
(function_signature_item name: (identifier) @name) @function
(struct_item name: (type_identifier) @name) @class
(enum_item name: (type_identifier) @name) @class
(union_item name: (type_identifier) @name) @class
(trait_item name: (type_identifier) @name) @class
(type_item name: (type_identifier) @name) @type
(const_item name: (identifier) @name) @variable
(static_item name: (identifier) @name) @variable
(mod_item name: (identifier) @name body: (_)) @module
(macro_definition name: (identifier) @name) @function
(impl_item type: (_) @name) @container
(closure_expression) @scope
(use_declaration) @import
(mod_item name: (identifier) !body) @import
"""

_JAVA = """
(class_declaration name: (identifier) @name) @class
(interface_declaration name: (identifier) @name) @class
(enum_declaration name: (identifier) @name) @class
(record_declaration name: (identifier) @name) @class
(annotation_type_declaration name: (identifier) @name) @class
(method_declaration name: (identifier) @name) @method
(constructor_declaration name: (identifier) @name) @method
(field_declaration declarator: (variable_declarator name: (identifier) @name)) @variable
(constant_declaration declarator: (variable_declarator name: (identifier) @name)) @variable
(lambda_expression) @scope
(import_declaration) @import
"""

DEFINITIONS: Mapping[Grammar, str] = {
    JAVASCRIPT: _JAVASCRIPT,
    TYPESCRIPT: _TYPESCRIPT,
    TSX: _TYPESCRIPT,
    GO: _GO,
    RUST: _RUST,
    JAVA: _JAVA,
}

_SCRIPT_USES = """
[(identifier) (shorthand_property_identifier)] @use
[(property_identifier) (private_property_identifier)] @member
"""

_COMPILED_USES = """
[(identifier) (type_identifier)] @use
(field_identifier) @member
"""

USES: Mapping[Grammar, str] = {
    JAVASCRIPT: _SCRIPT_USES,
    TYPESCRIPT: f"{_SCRIPT_USES} (type_identifier) @use",
    TSX: f"{_SCRIPT_USES} (type_identifier) @use",
    GO: _COMPILED_USES,
    RUST: _COMPILED_USES,
    JAVA: """
[(identifier) (type_identifier)] @use
(method_invocation object: (_) name: (identifier) @member)
(field_access field: (identifier) @member)
""",
}
