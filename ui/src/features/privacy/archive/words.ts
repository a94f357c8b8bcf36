// What an archive holds, in words.

import type { Holdings } from "$lib/backend";
import { formatCount } from "$lib/format";

/** "1 workspace, 12 chats, 240 messages, 118 calls". */
export function holdingsWords(holds: Partial<Holdings>): string {
	const counted: [number | undefined, string, string][] = [
		[holds.workspaces, "workspace", "workspaces"],
		[holds.conversations, "chat", "chats"],
		[holds.messages, "message", "messages"],
		[holds.calls, "call to a model", "calls to models"],
		[holds.presets, "set of saved options", "sets of saved options"],
		[holds.aliases, "chain of models", "chains of models"],
		[holds.recordEntries, "entry of the record", "entries of the record"],
	];
	const said = counted.flatMap(([count = 0, one, many]) =>
		count > 0 ? [`${formatCount(count)} ${count === 1 ? one : many}`] : [],
	);
	return said.length > 0 ? said.join(", ") : "nothing";
}
