"""Prints a CloudFormation template in YAML as JSON, its functions in their long form.

    template_as_json.py TEMPLATE
"""

import json
import sys

import yaml


class Template(yaml.SafeLoader):
    pass


def function(loader, suffix, node):
    if isinstance(node, yaml.ScalarNode):
        value = loader.construct_scalar(node)
    elif isinstance(node, yaml.SequenceNode):
        value = loader.construct_sequence(node, deep=True)
    else:
        value = loader.construct_mapping(node, deep=True)
    if suffix in ("Ref", "Condition"):
        return {suffix: value}
    if suffix == "GetAtt" and isinstance(value, str):
        value = value.split(".", 1)
    return {f"Fn::{suffix}": value}


def main():
    Template.add_multi_constructor("!", function)
    with open(sys.argv[1], encoding="utf-8") as file:
        print(json.dumps(yaml.load(file, Template)))


if __name__ == "__main__":
    main()
