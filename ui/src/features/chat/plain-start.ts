// The beginning of a text without its Markdown, for a screen reader.

const maxLength = 300;

export function plainStart(text: string): string {
	const plain = text
		.slice(0, maxLength * 2)
		.replace(/```[^\n]*\n?/g, " ")
		.replace(/!?\[([^\]]*)\]\([^)]*\)/g, "$1")
		.replace(/[*_`#>|~]+/g, "")
		.replace(/\s+/g, " ")
		.trim();
	return plain.length > maxLength ? `${plain.slice(0, maxLength)}…` : plain;
}
