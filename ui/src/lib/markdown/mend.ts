// Makes the last, still growing block of a stream readable: closes what is not closed yet, and holds
// back marks whose meaning the next characters decide. Only what is shown is changed, never the text.

/** So many marks left open are not emphasis. */
const MAX_OPEN = 6;

/** The open block as it should look while more is on its way. */
export function mend(source: string): string {
	if (/^ {0,3}(`{3,}|~{3,})/.test(source)) return source;
	const table = mendTable(source);
	if (table !== null) return table;
	return mendInline(holdBackUnderline(source));
}

/** A line of dashes under text would make it a heading for a moment, although a list is coming. */
function holdBackUnderline(source: string): string {
	return source.replace(/\n {0,3}(-+|=+|[*+]|\d{1,9}[.)]?)[ \t]*$/, "\n");
}

/** Show a table from its first line on, before the line under its head has arrived. */
function mendTable(source: string): string | null {
	if (!/^ {0,3}\|/.test(source)) return null;
	const [head = "", rule, ...rest] = source.split("\n");
	if (rule === undefined || rest.length > 0) return null;
	if (!/^[\s|:-]*$/.test(rule)) return null;
	const columns = head
		.trim()
		.replace(/^\||\|$/g, "")
		.split(/(?<!\\)\|/).length;
	return `${head}\n|${"---|".repeat(columns)}\n`;
}

function mendInline(source: string): string {
	const from = source.lastIndexOf("\n\n") + 1;
	const before = source.slice(0, from);
	// Trailing marks open or close something; which, the next character says.
	let line = source.slice(from).replace(/(?<!\\)[*_~`]+$/, "");
	const backticks = line.match(/`/g)?.length ?? 0;
	if (backticks % 2 === 1) return `${before}${line}\``;
	line = line.replace(/!?\[([^\]\n]*)(\]\([^)\s]*)?$/, (_, label: string) => label);
	return before + line + closers(line);
}

/** What closes the emphasis that is still open, innermost first. */
function closers(line: string): string {
	const open: string[] = [];
	const plain = line.replace(/`[^`]*`/g, (code) => "x".repeat(code.length));
	for (const { 0: mark, index } of plain.matchAll(/(?<![\\*])\*{1,2}(?!\*)|~~/g)) {
		const after = plain[index + mark.length] ?? " ";
		const before = plain[index - 1] ?? " ";
		if (open.at(-1) === mark && !/\s/.test(before)) open.pop();
		else if (!/\s/.test(after)) open.push(mark);
	}
	return open.length > MAX_OPEN ? "" : open.reverse().join("");
}
