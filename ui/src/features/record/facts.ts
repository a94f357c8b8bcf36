// The facts of an entry in words: all of them for the opened entry, the telling ones for its row.

import type { Choices, EntryRow, FactRow, Workspace } from "$lib/backend";
import { formatCount, formatMoment } from "$lib/format";
import { actionWords } from "$lib/words";

import { actionOf, outcomeOf } from "./words";

/** In the order in which they are read. */
const names: Record<string, string> = {
	call: "Call",
	purpose: "Purpose",
	model: "Model",
	version: "Version",
	provider: "Provider",
	workspace: "Workspace",
	route: "Where it went",
	decision: "Decision",
	masked: "Values masked",
	moves: "Models passed over",
	outcome: "Outcome",
	error: "Error",
	cost_usd: "Cost",
	price: "Price",
	input_tokens: "Tokens in",
	output_tokens: "Tokens out",
	cached_tokens: "Tokens read before",
	counted_by: "Counted by",
	duration_ms: "Took",
	kind: "Kind",
	cause: "Cause",
	count: "Entries",
	private: "Private parts",
	changed: "Changed",
	added: "Added",
	from: "From",
	to: "To",
	read_from: "Read from",
	format: "Format",
	conversations: "Chats",
	models: "Models",
	rating: "Rating",
	period: "Period",
	limit_usd: "Limit",
	alert: "Alert",
	over: "Fires above",
	value: "It was",
	minutes: "Looks at minutes",
	calls: "Needs calls",
	warn_percent: "Warns at",
	stops: "Stops calls",
	system: "System",
	fault: "Fault that stood",
	fault_at: "It was at entry",
	at: "At entry",
	checkpoint: "Entries by the last checkpoint",
	checkpoint_head: "Hash by the last checkpoint",
	checkpoint_time: "Last checkpoint signed",
	checkpoint_key: "Key of the last checkpoint",
	checkpoint_signature: "Signature of the last checkpoint",
	strays: "Checkpoints taken out",
	stray_count: "Entries by one taken out",
	stray_head: "Hash by it",
	stray_time: "Signed",
	stray_key: "Its key",
	stray_signature: "Its signature",
	made_anew: "Made anew",
	removed: "Taken out",
	removed_file: "Kept in",
	removed_sha256: "SHA-256 of that",
	entry: "Entry",
	entries: "Entries",
	failure: "Told in entry",
	erasure: "Erased in entry",
	set_aside: "Installation that was set aside",
	what: "What",
	request: "Request",
	due: "Answer due",
	identifiers: "Names and numbers",
	places: "Places",
	messages: "Messages",
	pictures: "Pictures",
	days: "Kept for days",
	days_before: "Kept for days before",
	then: "Then",
	then_before: "Then, before",
	done: "Done",
	held: "On hold",
	failed: "Could not go",
	scope: "How much",
	archive: "SHA-256 of the archive",
	record: "Record in it",
	workspaces: "Workspaces",
	encrypted: "Locked with a passphrase",
	days_only: "Only days of times",
	key_kept: "Key of pseudonyms kept",
	keys: "Keys",
	backup: "Backup",
	bytes: "Bytes",
	schema: "Updates of the database",
	head: "Hash of the last entry in it",
	reason: "Why not",
	every_hours: "Every so many hours",
	keep: "How many are kept",
	recovery_code: "Recovery code",
	made_at_ms: "Made",
	moved_in: "From another installation",
	until: "Until",
	client: "Client of the local API",
	keeps_sent: "Keeps what leaves",
	expires_at_ms: "Good until",
	port: "Port",
	beyond_this_computer: "Beyond this computer",
	requests_of_clients: "Requests of clients let go",
	shown: "Shown",
	snapshot: "Snapshot",
	stamped_ms: "Time of the service",
	authority: "SHA-256 of its authority",
	sha256: "SHA-256",
	public_key: "Public key",
	mac_key: "Check value of the key for proofs",
};

/** What goes where, and the token of its colour. */
export const routes: Record<string, { words: string; colour: string }> = {
	local: { words: "This computer", colour: "var(--local)" },
	masked: { words: "Left masked", colour: "var(--masked)" },
	cloud: { words: "Left as written", colour: "var(--cloud)" },
	blocked: { words: "Did not leave", colour: "var(--blocked)" },
};

const purposes: Record<string, string> = {
	chat: "Answer in a chat",
	title: "Name for a chat",
	api: "Request of a client",
	embeddings: "Vectors for a client",
	count: "Count of tokens for a client",
};
/** Numbers that name something and are not counted. */
const numbers = new Set([
	...["alert", "call", "price", "format", "entry", "at", "fault_at", "port"],
	...["failure", "erasure", "request", "schema"],
]);

export function factName(name: string): string {
	return names[name] ?? name;
}

export function valueOf(row: EntryRow, name: string): string | undefined {
	return row.facts.find((fact) => fact.name === name)?.value;
}

/** All of them, what matters most first. */
export function sortedFacts(row: EntryRow): FactRow[] {
	const known = Object.keys(names);
	const place = ({ name }: FactRow) => (name in names ? known.indexOf(name) : known.length);
	return row.facts.toSorted((one, other) => place(one) - place(other));
}

/** A model on this computer that is not installed any more is known by the SHA-256 of its file alone. */
export function modelName(name: string): string {
	return /^[0-9a-f]{64}$/.test(name) ? `Removed model ${name.slice(0, 8)}…` : name;
}

/** Actions and models, by their names in the record, whose words on the screen have this text. */
export function shownWith(text: string | null, { actions, models }: Choices): string[] {
	const wanted = text?.toLowerCase();
	if (!wanted) return [];
	const has = (words: string) => words.toLowerCase().includes(wanted);
	return [
		...actions.filter((name) => has(actionOf(name).title)),
		...models.filter(({ name }) => has(modelName(name))).map(({ model }) => model),
	];
}

/** The value as a person reads it. */
export function factValue({ name, value, shown }: FactRow, workspaces: Workspace[]): string {
	if (shown !== null) return shown;
	switch (name) {
		case "model":
			return modelName(value);
		case "stamped_ms":
		case "expires_at_ms":
		case "made_at_ms":
		case "checkpoint_time":
		case "stray_time":
			return formatMoment(Number(value));
		case "workspace":
			return workspaces.find(({ id }) => id === value)?.name ?? value;
		case "outcome":
			return outcomeOf(value);
		case "route":
			return routes[value]?.words ?? value;
		case "decision":
			return value in actionWords ? actionWords[value as keyof typeof actionWords] : value;
		case "purpose":
			return purposes[value] ?? value;
		case "counted_by":
			return value === "gatehouse" ? "Gatehouse, estimated" : "Whoever answered";
		case "provider":
			return value === "local" ? "This computer" : value;
		case "duration_ms":
			return `${(Number(value) / 1000).toFixed(1)} s`;
		case "cost_usd":
		case "limit_usd":
			return `$${value}`;
		case "warn_percent":
			return `${value}%`;
		case "stops":
		case "keeps_sent":
		case "beyond_this_computer":
		case "moved_in":
			return value === "1" ? "Yes" : "No";
		case "every_hours":
			return value === "0" ? "Only when somebody asks" : formatCount(Number(value));
	}
	return /^\d+$/.test(value) && !numbers.has(name) ? formatCount(Number(value)) : value;
}

/** What stands in a row for itself: what it is about, and what it cost. */
const telling = [
	"model",
	"value",
	"changed",
	"from",
	"to",
	"count",
	"version",
	"limit_usd",
	"rating",
];

export function tellingFacts(row: EntryRow, workspaces: Workspace[]): string[] {
	const said: string[] = [];
	for (const name of telling) {
		const found = row.facts.find((fact) => fact.name === name);
		if (found === undefined) continue;
		const { value } = found;
		const words = factValue(found, workspaces);
		if (name === "count") said.push(value === "1" ? "1 entry" : `${words} entries`);
		else if (name === "changed" && /^\d+$/.test(value)) said.push(`${words} changed`);
		else if (["model", "changed", "value"].includes(name) || name === "limit_usd") said.push(words);
		else said.push(`${factName(name).toLowerCase()} ${words}`);
	}
	const masked = Number(valueOf(row, "masked") ?? 0);
	if (masked > 0) said.push(`${formatCount(masked)} masked`);
	const error = valueOf(row, "error");
	if (error) said.push(error);
	return said;
}
