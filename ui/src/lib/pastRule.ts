// What came from a file and is older than its workspace keeps it, in words.

import type { PastRule } from "./backend";
import { formatCount, formatDay } from "./format";
import { showHidden } from "./markdown/hidden";

/** "1 chat is past the rule of Miller already, and kept until 27 December 2026: then it is deleted." */
export function pastRuleWords({ workspace, conversations, untilMs, action }: PastRule): string {
	const name = showHidden(workspace);
	const then = action === "delete" ? "deleted" : "made anonymous";
	const until = formatDay(untilMs);
	return conversations === 1
		? `1 chat is past the rule of ${name} already, and kept until ${until}: then it is ${then}.`
		: `${formatCount(conversations)} chats are past the rule of ${name} already, and kept until ${until}: then they are ${then}.`;
}
