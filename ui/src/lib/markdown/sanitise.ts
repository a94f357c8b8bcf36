// The last door before text becomes part of the page: only what is named here gets through.

import purifier from "dompurify";

const TAGS = [
	"a", "b", "blockquote", "br", "code", "del", "div", "em", "h3", "h4", "h5", "h6", "hr", "i",
	"li", "ol", "p", "pre", "s", "span", "strong", "sub", "sup", "table", "tbody", "td", "th",
	"thead", "tr", "ul",
]; // prettier-ignore
const ATTRIBUTES = [
	"aria-label", "class", "data-href", "data-language", "role", "start", "tabindex",
]; // prettier-ignore

/** HTML text to nodes, with everything removed that is not on the lists above. */
export function sanitise(html: string): DocumentFragment {
	return purifier.sanitize(html, {
		ALLOWED_TAGS: TAGS,
		ALLOWED_ATTR: ATTRIBUTES,
		ALLOW_DATA_ATTR: false,
		ALLOW_ARIA_ATTR: false,
		ALLOWED_NAMESPACES: ["http://www.w3.org/1999/xhtml"],
		RETURN_DOM_FRAGMENT: true,
	});
}
