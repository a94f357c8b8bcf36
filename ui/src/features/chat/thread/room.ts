// Room below an answer that is being written. The text grows into it and all else stands still, so the
// list of messages is measured, scrolled and drawn anew once for several lines instead of with each.
// It reads more calmly, too: lines do not slip away under the eye.

/** Six lines, and in a low window no more than this share of it. */
const mostPx = 132;
const mostShare = 1 / 6;

/** See that an element has room below what is in it. */
export function makeRoom(element: HTMLElement): void {
	const top = element.getBoundingClientRect().top;
	const end = element.lastElementChild?.getBoundingClientRect().bottom ?? top;
	const has = Number.parseFloat(element.style.minHeight) || 0;
	if (end - top < has) return;
	const room = Math.min(mostPx, innerHeight * mostShare);
	element.style.minHeight = `${Math.ceil(end - top + room)}px`;
}

export function giveRoomBack(element: HTMLElement): void {
	element.style.minHeight = "";
}
