// Characters that reorder text without being seen. They can make code or an address read as
// something it is not, so they are written out instead of obeyed.

/** Embeddings, overrides and isolates. The marks U+200E and U+200F stay: languages need them. */
const REORDERING = /[\u202a-\u202e\u2066-\u2069]/g;

/** The text with each hidden reordering character written out, such as `[U+202E]`. */
export function showHidden(text: string): string {
	return text.replace(
		REORDERING,
		(character) => `[U+${character.charCodeAt(0).toString(16).toUpperCase()}]`,
	);
}
