// Which numbers of a screen lead nowhere.

/** Where a number is a name, a time or a setting, and not made of calls. */
const others = "button, thead, th, h2, summary, time, [role=slider], [aria-hidden=true]";

/** In a sentence, what is made of calls: amounts, counts, shares and times. */
const ofCalls = /\$\d|\d(?:%| kWh| ms\b| s\b|\/s| calls?\b| tokens?\b)|\d,\d{3}/;

function texts(place: Element): string[] {
	const walk = document.createTreeWalker(place, NodeFilter.SHOW_TEXT);
	const found: string[] = [];
	for (let node = walk.nextNode(); node; node = walk.nextNode()) {
		const text = node.textContent?.trim() ?? "";
		if (text !== "" && !node.parentElement?.closest(others)) found.push(text);
	}
	return found;
}

/** Numbers in the cells of a table that are in no button; nothing is made of no calls. */
export function cellsThatLeadNowhere(table: Element): string[] {
	const cells = [...table.querySelectorAll("td.number")];
	if (cells.length === 0) throw new Error("the table has no numbers");
	return cells.flatMap(texts).filter((text) => /\d/.test(text) && !/^\$?0(\.00)?$/.test(text));
}

/** The same of sentences. */
export function amountsThatLeadNowhere(place: Element): string[] {
	return texts(place).filter((text) => ofCalls.test(text));
}
