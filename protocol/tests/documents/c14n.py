"""What lxml makes of each file: a line for the whole and for each element, `file TAB part TAB hex`.

Part 0 is the document, part n its nth element in place, part 1+ the root with the prefixes p and q included. (In place, lxml has no declarations of the surroundings for those.) A file that lxml refuses has
one line with part `refused`.
"""

import sys

from lxml import etree


def canonical(node, prefixes=None):
    return etree.tostring(
        node, method="c14n", exclusive=True, with_comments=False, inclusive_ns_prefixes=prefixes
    ).hex()


parser = etree.XMLParser(resolve_entities=False, no_network=True, load_dtd=False)
for path in sys.argv[1:]:
    try:
        tree = etree.parse(path, parser)
        whole = canonical(tree)
    except (etree.LxmlError, OSError):
        print(path, "refused", "", sep="\t")
        continue
    print(path, "0", whole, sep="\t")
    print(path, "1+", canonical(tree.getroot(), ["p", "q"]), sep="\t")
    for number, element in enumerate(tree.getroot().iter("*"), 1):
        if number > 40:
            break
        print(path, str(number), canonical(element), sep="\t")
