-- A database of the first release, 0.1.0, as its own dump: one issue done, one in the middle of its deliveries.
BEGIN TRANSACTION;
CREATE TABLE alembic_version (version_num VARCHAR(32) NOT NULL, CONSTRAINT alembic_version_pkc PRIMARY KEY (version_num));
INSERT INTO "alembic_version" VALUES('0001');
CREATE TABLE backfill (
	newsletter TEXT NOT NULL, 
	number BIGINT NOT NULL, 
	state TEXT NOT NULL, 
	url TEXT, 
	reason TEXT NOT NULL, 
	attempts INTEGER NOT NULL, 
	not_before DATETIME, 
	PRIMARY KEY (newsletter, number)
);
INSERT INTO "backfill" VALUES('This Week in Rust',665,'done','https://www.reddit.com/r/rust/comments/1vk02c3/this_week_in_rust_665/','written to /srv/newsletter/content/2026-08-19-this-week-in-rust.md',0,NULL);
INSERT INTO "backfill" VALUES('This Week in Rust',666,'waiting',NULL,'',0,NULL);
CREATE TABLE delivery (
	id INTEGER NOT NULL, 
	newsletter TEXT NOT NULL, 
	number BIGINT NOT NULL, 
	account TEXT NOT NULL, 
	platform TEXT NOT NULL, 
	state TEXT NOT NULL, 
	"key" TEXT NOT NULL, 
	post JSON NOT NULL, 
	attempts INTEGER NOT NULL, 
	looks INTEGER NOT NULL, 
	adopted BOOLEAN NOT NULL, 
	url TEXT, 
	remote_id TEXT, 
	not_before DATETIME, 
	claimed_at DATETIME, 
	claim TEXT, 
	uncertain_since DATETIME, 
	reason TEXT NOT NULL, 
	planned_at DATETIME NOT NULL, 
	settled_at DATETIME, 
	setbacks INTEGER NOT NULL, 
	due_since DATETIME, 
	fence DATETIME, 
	changed_at DATETIME, 
	revision INTEGER NOT NULL, 
	PRIMARY KEY (id), 
	CONSTRAINT one_delivery_per_account UNIQUE (newsletter, number, account)
);
INSERT INTO "delivery" VALUES(1,'This Week in Rust',665,'mastodon','mastodon','sent','665-iu2yqfjgnwfn','{"account": "mastodon", "platform": "mastodon", "number": 665, "url": "https://this-week-in-rust.org/blog/2026/08/19/this-week-in-rust-665/", "title": "This Week in Rust 665", "text": "This Week in Rust 665 is out: https://this-week-in-rust.org/blog/2026/08/19/this-week-in-rust-665/\n\n\u2022 Announcing something\n\u2022 Reading code aloud\n\nCrate of the week: lantern\n512 pull requests merged\n\n\u201cIt compiles, so it ships.\u201d \u2013 somebody\n\n#RustLang #ThisWeekInRust", "fields": {"language": "en"}, "length": 218, "limit": 500, "dropped": [], "alt": null}',1,0,0,'https://mastodon.social/@thisweekinrust/117652570094567425','117652570094567425',NULL,NULL,NULL,NULL,'sent','2026-08-20 03:00:00.000000','2026-08-20 03:00:00.000000',0,'2026-08-20 03:00:00.000000',NULL,'2026-08-20 03:00:00.000000',2);
INSERT INTO "delivery" VALUES(2,'This Week in Rust',665,'x','x','sent','665-polzgoreiiug','{"account": "x", "platform": "x", "number": 665, "url": "https://this-week-in-rust.org/blog/2026/08/19/this-week-in-rust-665/", "title": "This Week in Rust 665", "text": "This Week in Rust 665 is out: https://this-week-in-rust.org/blog/2026/08/19/this-week-in-rust-665/\n\n\u2022 Announcing something\n\u2022 Reading code aloud\n\nCrate of the week: lantern\n512 pull requests merged\n\n#RustLang #ThisWeekInRust", "fields": {}, "length": 180, "limit": 280, "dropped": [], "alt": null}',1,0,0,'https://x.com/ThisWeekInRust/status/2123998797561331716','2123998797561331716',NULL,NULL,NULL,NULL,'sent','2026-08-20 03:00:00.000000','2026-08-20 03:00:00.000000',0,'2026-08-20 03:00:00.000000',NULL,'2026-08-20 03:00:00.000000',2);
INSERT INTO "delivery" VALUES(3,'This Week in Rust',665,'reddit','reddit','sent','665-fev5kkbeps4s','{"account": "reddit", "platform": "reddit", "number": 665, "url": "https://this-week-in-rust.org/blog/2026/08/19/this-week-in-rust-665/", "title": "This Week in Rust 665", "text": "**Some of this issue\u2019s links**\n\n* [Announcing something](https://example.org/announcing)\n* [Reading code aloud](https://example.org/aloud)\n\n**Crate of the week:** [lantern](https://example.org/lantern)\n\n**512 pull requests merged**\n\n> It compiles, so it ships.\n>\n> \u2013 somebody\n\n**[Read the whole issue](https://this-week-in-rust.org/blog/2026/08/19/this-week-in-rust-665/)**", "fields": {"kind": "link"}, "length": 373, "limit": 40000, "dropped": [], "alt": null}',1,0,0,'https://www.reddit.com/r/rust/comments/1vk02c3/this_week_in_rust_665/','1vk02c3',NULL,NULL,NULL,NULL,'sent','2026-08-20 03:00:00.000000','2026-08-20 03:00:00.000000',0,'2026-08-20 03:00:00.000000',NULL,'2026-08-20 03:00:00.000000',2);
INSERT INTO "delivery" VALUES(4,'This Week in Rust',665,'discord','discord','sent','665-z7uad5nfewzt','{"account": "discord", "platform": "discord", "number": 665, "url": "https://this-week-in-rust.org/blog/2026/08/19/this-week-in-rust-665/", "title": "This Week in Rust 665", "text": "", "fields": {"embeds": [{"title": "This Week in Rust 665", "url": "https://this-week-in-rust.org/blog/2026/08/19/this-week-in-rust-665/", "color": 13517099, "footer": {"text": "This Week in Rust"}, "timestamp": "2026-08-19T00:00:00+00:00", "description": "2 links from the community \u00b7 512 pull requests merged", "fields": [{"name": "Official", "value": "\u2022 [Announcing something](https://example.org/announcing)", "inline": false}, {"name": "Observations/Thoughts", "value": "\u2022 [Reading code aloud](https://example.org/aloud)", "inline": false}, {"name": "Crate of the week", "value": "[lantern](https://example.org/lantern)", "inline": true}, {"name": "Quote of the week", "value": "\u201cIt compiles, so it ships.\u201d \u2013 somebody", "inline": false}]}]}, "length": 335, "limit": 6000, "dropped": [], "alt": null}',1,0,0,'https://discord.com/channels/442252698964721669/443150878111694848/1573557528212537349','1573557528212537349',NULL,NULL,NULL,NULL,'sent','2026-08-20 03:00:00.000000','2026-08-20 03:00:00.000000',0,'2026-08-20 03:00:00.000000',NULL,'2026-08-20 03:00:00.000000',2);
INSERT INTO "delivery" VALUES(5,'This Week in Rust',665,'bluesky','bluesky','sent','665-4bm6dpnbcdmm','{"account": "bluesky", "platform": "bluesky", "number": 665, "url": "https://this-week-in-rust.org/blog/2026/08/19/this-week-in-rust-665/", "title": "This Week in Rust 665", "text": "This Week in Rust 665 is out: https://this-week-in-rust.org/blog/2026/08/19/this-week-in-rust-665/\n\n\u2022 Announcing something\n\u2022 Reading code aloud\n\nCrate of the week: lantern\n512 pull requests merged\n\n#RustLang #ThisWeekInRust", "fields": {"facets": [{"$type": "app.bsky.richtext.facet", "index": {"byteStart": 30, "byteEnd": 98}, "features": [{"$type": "app.bsky.richtext.facet#link", "uri": "https://this-week-in-rust.org/blog/2026/08/19/this-week-in-rust-665/"}]}, {"$type": "app.bsky.richtext.facet", "index": {"byteStart": 202, "byteEnd": 211}, "features": [{"$type": "app.bsky.richtext.facet#tag", "tag": "RustLang"}]}, {"$type": "app.bsky.richtext.facet", "index": {"byteStart": 212, "byteEnd": 227}, "features": [{"$type": "app.bsky.richtext.facet#tag", "tag": "ThisWeekInRust"}]}], "langs": ["en"], "card": {"uri": "https://this-week-in-rust.org/blog/2026/08/19/this-week-in-rust-665/", "title": "This Week in Rust 665", "description": "19 August 2026: 512 pull requests merged, 2 links from the community"}}, "length": 223, "limit": 300, "dropped": [], "alt": null}',1,0,0,'https://bsky.app/profile/thisweekinrust.bsky.social/post/3kx4bkw2jyyeu','3kx4bkw2jyyeu',NULL,NULL,NULL,NULL,'sent','2026-08-20 03:00:00.000000','2026-08-20 03:00:00.000000',0,'2026-08-20 03:00:00.000000',NULL,'2026-08-20 03:00:00.000000',2);
INSERT INTO "delivery" VALUES(6,'This Week in Rust',666,'mastodon','mastodon','sent','666-e2ghxooj3b2i','{"account": "mastodon", "platform": "mastodon", "number": 666, "url": "https://this-week-in-rust.org/blog/2026/08/26/this-week-in-rust-666/", "title": "This Week in Rust 666", "text": "This Week in Rust 666 is out: https://this-week-in-rust.org/blog/2026/08/26/this-week-in-rust-666/\n\n\u2022 Announcing something\n\u2022 Reading code aloud\n\nCrate of the week: lantern\n512 pull requests merged\n\n\u201cIt compiles, so it ships.\u201d \u2013 somebody\n\n#RustLang #ThisWeekInRust", "fields": {"language": "en"}, "length": 218, "limit": 500, "dropped": [], "alt": null}',1,0,0,'https://mastodon.social/@thisweekinrust/117652570151256074','117652570151256074',NULL,NULL,NULL,NULL,'sent','2026-08-27 03:00:00.000000','2026-08-27 03:00:00.000000',0,'2026-08-27 03:00:00.000000',NULL,'2026-08-27 03:00:00.000000',2);
INSERT INTO "delivery" VALUES(7,'This Week in Rust',666,'x','x','stuck','666-jt7jbviktiff','{"account": "x", "platform": "x", "number": 666, "url": "https://this-week-in-rust.org/blog/2026/08/26/this-week-in-rust-666/", "title": "This Week in Rust 666", "text": "This Week in Rust 666 is out: https://this-week-in-rust.org/blog/2026/08/26/this-week-in-rust-666/\n\n\u2022 Announcing something\n\u2022 Reading code aloud\n\nCrate of the week: lantern\n512 pull requests merged\n\n#RustLang #ThisWeekInRust", "fields": {}, "length": 180, "limit": 280, "dropped": [], "alt": null}',1,0,0,NULL,NULL,NULL,NULL,NULL,NULL,'credit refused: X answered 402: Your enrolled account does not have any credits to fulfill this request.','2026-08-27 03:00:00.000000',NULL,0,'2026-08-27 03:00:00.000000',NULL,'2026-08-27 03:00:00.000000',2);
INSERT INTO "delivery" VALUES(8,'This Week in Rust',666,'reddit','reddit','uncertain','666-nzluphnjqaej','{"account": "reddit", "platform": "reddit", "number": 666, "url": "https://this-week-in-rust.org/blog/2026/08/26/this-week-in-rust-666/", "title": "This Week in Rust 666", "text": "**Some of this issue\u2019s links**\n\n* [Announcing something](https://example.org/announcing)\n* [Reading code aloud](https://example.org/aloud)\n\n**Crate of the week:** [lantern](https://example.org/lantern)\n\n**512 pull requests merged**\n\n> It compiles, so it ships.\n>\n> \u2013 somebody\n\n**[Read the whole issue](https://this-week-in-rust.org/blog/2026/08/26/this-week-in-rust-666/)**", "fields": {"kind": "link"}, "length": 373, "limit": 40000, "dropped": [], "alt": null}',1,0,0,NULL,NULL,'2026-08-27 03:00:01.000000',NULL,NULL,'2026-08-27 03:00:00.000000','Reddit answered 500: Internal Server Error','2026-08-27 03:00:00.000000',NULL,0,'2026-08-27 03:00:00.000000',NULL,'2026-08-27 03:00:00.000000',2);
INSERT INTO "delivery" VALUES(9,'This Week in Rust',666,'discord','discord','due','666-2ravxsudemwt','{"account": "discord", "platform": "discord", "number": 666, "url": "https://this-week-in-rust.org/blog/2026/08/26/this-week-in-rust-666/", "title": "This Week in Rust 666", "text": "", "fields": {"embeds": [{"title": "This Week in Rust 666", "url": "https://this-week-in-rust.org/blog/2026/08/26/this-week-in-rust-666/", "color": 13517099, "footer": {"text": "This Week in Rust"}, "timestamp": "2026-08-26T00:00:00+00:00", "description": "2 links from the community \u00b7 512 pull requests merged", "fields": [{"name": "Official", "value": "\u2022 [Announcing something](https://example.org/announcing)", "inline": false}, {"name": "Observations/Thoughts", "value": "\u2022 [Reading code aloud](https://example.org/aloud)", "inline": false}, {"name": "Crate of the week", "value": "[lantern](https://example.org/lantern)", "inline": true}, {"name": "Quote of the week", "value": "\u201cIt compiles, so it ships.\u201d \u2013 somebody", "inline": false}]}]}, "length": 335, "limit": 6000, "dropped": [], "alt": null}',1,0,0,NULL,NULL,'2026-08-27 03:10:00.000000',NULL,NULL,NULL,'refused for now: Discord asks to come back later','2026-08-27 03:00:00.000000',NULL,1,'2026-08-27 03:00:00.000000',NULL,'2026-08-27 03:00:00.000000',2);
INSERT INTO "delivery" VALUES(10,'This Week in Rust',666,'bluesky','bluesky','uncertain','666-miu3zwthzjhw','{"account": "bluesky", "platform": "bluesky", "number": 666, "url": "https://this-week-in-rust.org/blog/2026/08/26/this-week-in-rust-666/", "title": "This Week in Rust 666", "text": "This Week in Rust 666 is out: https://this-week-in-rust.org/blog/2026/08/26/this-week-in-rust-666/\n\n\u2022 Announcing something\n\u2022 Reading code aloud\n\nCrate of the week: lantern\n512 pull requests merged\n\n#RustLang #ThisWeekInRust", "fields": {"facets": [{"$type": "app.bsky.richtext.facet", "index": {"byteStart": 30, "byteEnd": 98}, "features": [{"$type": "app.bsky.richtext.facet#link", "uri": "https://this-week-in-rust.org/blog/2026/08/26/this-week-in-rust-666/"}]}, {"$type": "app.bsky.richtext.facet", "index": {"byteStart": 202, "byteEnd": 211}, "features": [{"$type": "app.bsky.richtext.facet#tag", "tag": "RustLang"}]}, {"$type": "app.bsky.richtext.facet", "index": {"byteStart": 212, "byteEnd": 227}, "features": [{"$type": "app.bsky.richtext.facet#tag", "tag": "ThisWeekInRust"}]}], "langs": ["en"], "card": {"uri": "https://this-week-in-rust.org/blog/2026/08/26/this-week-in-rust-666/", "title": "This Week in Rust 666", "description": "26 August 2026: 512 pull requests merged, 2 links from the community"}}, "length": 223, "limit": 300, "dropped": [], "alt": null}',1,0,0,NULL,NULL,'2026-08-27 03:00:01.000000',NULL,NULL,'2026-08-27 03:00:00.000000','no readable answer from Bluesky (RemoteProtocolError)','2026-08-27 03:00:00.000000',NULL,0,'2026-08-27 03:00:00.000000',NULL,'2026-08-27 03:00:00.000000',2);
CREATE TABLE event (
	id INTEGER NOT NULL, 
	at DATETIME NOT NULL, 
	newsletter TEXT NOT NULL, 
	number BIGINT NOT NULL, 
	account TEXT, 
	"before" TEXT, 
	"after" TEXT NOT NULL, 
	reason TEXT NOT NULL, 
	evidence JSON NOT NULL, 
	PRIMARY KEY (id)
);
INSERT INTO "event" VALUES(1,'2026-08-20 03:00:00.000000','This Week in Rust',663,NULL,NULL,'baseline','it was already out when this store first saw the newsletter','{}');
INSERT INTO "event" VALUES(2,'2026-08-20 03:00:00.000000','This Week in Rust',664,NULL,NULL,'baseline','it was already out when this store first saw the newsletter','{}');
INSERT INTO "event" VALUES(3,'2026-08-20 03:00:00.000000','This Week in Rust',665,NULL,NULL,'waiting','seen in directory at 2026-08-19-this-week-in-rust.md','{"revision": "f3e6b7d56e3907984bff76750eebfbcf6653f2a7befada5e3b9f22cd6b98c68d", "fingerprint": "f3e6b7d56e3907984bff76750eebfbcf6653f2a7befada5e3b9f22cd6b98c68d"}');
INSERT INTO "event" VALUES(4,'2026-08-20 03:00:00.000000','This Week in Rust',665,'mastodon',NULL,'due','planned','{"key": "665-iu2yqfjgnwfn", "length": 218, "dropped": []}');
INSERT INTO "event" VALUES(5,'2026-08-20 03:00:00.000000','This Week in Rust',665,'x',NULL,'due','planned','{"key": "665-polzgoreiiug", "length": 180, "dropped": []}');
INSERT INTO "event" VALUES(6,'2026-08-20 03:00:00.000000','This Week in Rust',665,'reddit',NULL,'due','planned','{"key": "665-fev5kkbeps4s", "length": 373, "dropped": []}');
INSERT INTO "event" VALUES(7,'2026-08-20 03:00:00.000000','This Week in Rust',665,'discord',NULL,'due','planned','{"key": "665-z7uad5nfewzt", "length": 335, "dropped": []}');
INSERT INTO "event" VALUES(8,'2026-08-20 03:00:00.000000','This Week in Rust',665,'bluesky',NULL,'due','planned','{"key": "665-4bm6dpnbcdmm", "length": 223, "dropped": []}');
INSERT INTO "event" VALUES(9,'2026-08-20 03:00:00.000000','This Week in Rust',665,NULL,'waiting','planned','planned for mastodon, x, reddit, discord, bluesky','{}');
INSERT INTO "event" VALUES(10,'2026-08-20 03:00:00.000000','This Week in Rust',665,'mastodon','due','sending','attempt 1','{}');
INSERT INTO "event" VALUES(11,'2026-08-20 03:00:00.000000','This Week in Rust',665,'mastodon','sending','sent','sent','{"url": "https://mastodon.social/@thisweekinrust/117652570094567425", "id": "117652570094567425"}');
INSERT INTO "event" VALUES(12,'2026-08-20 03:00:00.000000','This Week in Rust',665,'x','due','sending','attempt 1','{}');
INSERT INTO "event" VALUES(13,'2026-08-20 03:00:00.000000','This Week in Rust',665,'reddit','due','sending','attempt 1','{}');
INSERT INTO "event" VALUES(14,'2026-08-20 03:00:00.000000','This Week in Rust',665,'discord','due','sending','attempt 1','{}');
INSERT INTO "event" VALUES(15,'2026-08-20 03:00:00.000000','This Week in Rust',665,'x','sending','sent','sent','{"url": "https://x.com/ThisWeekInRust/status/2123998797561331716", "id": "2123998797561331716"}');
INSERT INTO "event" VALUES(16,'2026-08-20 03:00:00.000000','This Week in Rust',665,'reddit','sending','sent','sent','{"url": "https://www.reddit.com/r/rust/comments/1vk02c3/this_week_in_rust_665/", "id": "1vk02c3"}');
INSERT INTO "event" VALUES(17,'2026-08-20 03:00:00.000000','This Week in Rust',665,'backfill','waiting','done','written to /srv/newsletter/content/2026-08-19-this-week-in-rust.md','{"url": "https://www.reddit.com/r/rust/comments/1vk02c3/this_week_in_rust_665/"}');
INSERT INTO "event" VALUES(18,'2026-08-20 03:00:00.000000','This Week in Rust',665,'discord','sending','sent','sent','{"url": "https://discord.com/channels/442252698964721669/443150878111694848/1573557528212537349", "id": "1573557528212537349"}');
INSERT INTO "event" VALUES(19,'2026-08-20 03:00:00.000000','This Week in Rust',665,'bluesky','due','sending','attempt 1','{}');
INSERT INTO "event" VALUES(20,'2026-08-20 03:00:00.000000','This Week in Rust',665,'bluesky','sending','sent','sent','{"url": "https://bsky.app/profile/thisweekinrust.bsky.social/post/3kx4bkw2jyyeu", "id": "3kx4bkw2jyyeu"}');
INSERT INTO "event" VALUES(21,'2026-08-20 03:00:00.000000','This Week in Rust',665,NULL,'planned','done','every delivery is settled and the link is home','{}');
INSERT INTO "event" VALUES(22,'2026-08-27 03:00:00.000000','This Week in Rust',665,NULL,'done','done','its text changed','{"revision": "4aadde7d7cadbaff23c94c6098d96911b1850376d9e2716db8b5318270547f83", "fingerprint": "4aadde7d7cadbaff23c94c6098d96911b1850376d9e2716db8b5318270547f83"}');
INSERT INTO "event" VALUES(23,'2026-08-27 03:00:00.000000','This Week in Rust',666,NULL,NULL,'waiting','seen in directory at 2026-08-26-this-week-in-rust.md','{"revision": "14f029949fc6cf7f98135a7dd0f0400b39e1942bd8fe02532f958c782e4c17f0", "fingerprint": "14f029949fc6cf7f98135a7dd0f0400b39e1942bd8fe02532f958c782e4c17f0"}');
INSERT INTO "event" VALUES(24,'2026-08-27 03:00:00.000000','This Week in Rust',666,'mastodon',NULL,'due','planned','{"key": "666-e2ghxooj3b2i", "length": 218, "dropped": []}');
INSERT INTO "event" VALUES(25,'2026-08-27 03:00:00.000000','This Week in Rust',666,'x',NULL,'due','planned','{"key": "666-jt7jbviktiff", "length": 180, "dropped": []}');
INSERT INTO "event" VALUES(26,'2026-08-27 03:00:00.000000','This Week in Rust',666,'reddit',NULL,'due','planned','{"key": "666-nzluphnjqaej", "length": 373, "dropped": []}');
INSERT INTO "event" VALUES(27,'2026-08-27 03:00:00.000000','This Week in Rust',666,'discord',NULL,'due','planned','{"key": "666-2ravxsudemwt", "length": 335, "dropped": []}');
INSERT INTO "event" VALUES(28,'2026-08-27 03:00:00.000000','This Week in Rust',666,'bluesky',NULL,'due','planned','{"key": "666-miu3zwthzjhw", "length": 223, "dropped": []}');
INSERT INTO "event" VALUES(29,'2026-08-27 03:00:00.000000','This Week in Rust',666,NULL,'waiting','planned','planned for mastodon, x, reddit, discord, bluesky','{}');
INSERT INTO "event" VALUES(30,'2026-08-27 03:00:00.000000','This Week in Rust',666,'discord','due','sending','attempt 1','{}');
INSERT INTO "event" VALUES(31,'2026-08-27 03:00:00.000000','This Week in Rust',666,'mastodon','due','sending','attempt 1','{}');
INSERT INTO "event" VALUES(32,'2026-08-27 03:00:00.000000','This Week in Rust',666,'x','due','sending','attempt 1','{}');
INSERT INTO "event" VALUES(33,'2026-08-27 03:00:00.000000','This Week in Rust',666,'reddit','due','sending','attempt 1','{}');
INSERT INTO "event" VALUES(34,'2026-08-27 03:00:00.000000','This Week in Rust',666,'mastodon','sending','sent','sent','{"url": "https://mastodon.social/@thisweekinrust/117652570151256074", "id": "117652570151256074"}');
INSERT INTO "event" VALUES(35,'2026-08-27 03:00:00.000000','This Week in Rust',666,'discord','sending','due','refused for now: Discord asks to come back later','{}');
INSERT INTO "event" VALUES(36,'2026-08-27 03:00:00.000000','This Week in Rust',666,'reddit','sending','uncertain','Reddit answered 500: Internal Server Error','{}');
INSERT INTO "event" VALUES(37,'2026-08-27 03:00:00.000000','This Week in Rust',666,'bluesky','due','sending','attempt 1','{}');
INSERT INTO "event" VALUES(38,'2026-08-27 03:00:00.000000','This Week in Rust',666,'bluesky','sending','uncertain','no readable answer from Bluesky (RemoteProtocolError)','{}');
INSERT INTO "event" VALUES(39,'2026-08-27 03:00:00.000000','This Week in Rust',666,'x','sending','stuck','credit refused: X answered 402: Your enrolled account does not have any credits to fulfill this request.','{"fault": "credit"}');
CREATE TABLE file (
	newsletter TEXT NOT NULL, 
	source TEXT NOT NULL, 
	path TEXT NOT NULL, 
	fingerprint TEXT NOT NULL, 
	number BIGINT, 
	PRIMARY KEY (newsletter, source, path)
);
INSERT INTO "file" VALUES('This Week in Rust','directory','2026-08-05-this-week-in-rust.md','34d3dce5d571d48d840939bbd22ac7c8d3d0d6e5cb3bbb5bbfe14b6c0ec20296',663);
INSERT INTO "file" VALUES('This Week in Rust','directory','2026-08-12-this-week-in-rust.md','1ad3f1ecb666a2c0a3620880529166b2102627ea90fe0bb7914c6027981a4d4a',664);
INSERT INTO "file" VALUES('This Week in Rust','directory','2026-08-19-this-week-in-rust.md','4aadde7d7cadbaff23c94c6098d96911b1850376d9e2716db8b5318270547f83',665);
INSERT INTO "file" VALUES('This Week in Rust','directory','2026-08-26-this-week-in-rust.md','14f029949fc6cf7f98135a7dd0f0400b39e1942bd8fe02532f958c782e4c17f0',666);
CREATE TABLE issue (
	newsletter TEXT NOT NULL, 
	number BIGINT NOT NULL, 
	title TEXT NOT NULL, 
	url TEXT NOT NULL, 
	date DATE NOT NULL, 
	source TEXT NOT NULL, 
	path TEXT NOT NULL, 
	fingerprint TEXT NOT NULL, 
	state TEXT NOT NULL, 
	reason TEXT NOT NULL, 
	first_seen_at DATETIME NOT NULL, 
	changed_at DATETIME NOT NULL, 
	planned_at DATETIME, 
	settled_at DATETIME, 
	PRIMARY KEY (newsletter, number)
);
INSERT INTO "issue" VALUES('This Week in Rust',663,'This Week in Rust 663','https://this-week-in-rust.org/blog/2026/08/19/this-week-in-rust-663/','2026-08-19','directory','2026-08-05-this-week-in-rust.md','34d3dce5d571d48d840939bbd22ac7c8d3d0d6e5cb3bbb5bbfe14b6c0ec20296','baseline','it was already out when this store first saw the newsletter','2026-08-20 03:00:00.000000','2026-08-20 03:00:00.000000',NULL,NULL);
INSERT INTO "issue" VALUES('This Week in Rust',664,'This Week in Rust 664','https://this-week-in-rust.org/blog/2026/08/19/this-week-in-rust-664/','2026-08-19','directory','2026-08-12-this-week-in-rust.md','1ad3f1ecb666a2c0a3620880529166b2102627ea90fe0bb7914c6027981a4d4a','baseline','it was already out when this store first saw the newsletter','2026-08-20 03:00:00.000000','2026-08-20 03:00:00.000000',NULL,NULL);
INSERT INTO "issue" VALUES('This Week in Rust',665,'This Week in Rust 665','https://this-week-in-rust.org/blog/2026/08/19/this-week-in-rust-665/','2026-08-19','directory','2026-08-19-this-week-in-rust.md','4aadde7d7cadbaff23c94c6098d96911b1850376d9e2716db8b5318270547f83','done','','2026-08-20 03:00:00.000000','2026-08-27 03:00:00.000000','2026-08-20 03:00:00.000000','2026-08-20 03:00:00.000000');
INSERT INTO "issue" VALUES('This Week in Rust',666,'This Week in Rust 666','https://this-week-in-rust.org/blog/2026/08/26/this-week-in-rust-666/','2026-08-26','directory','2026-08-26-this-week-in-rust.md','14f029949fc6cf7f98135a7dd0f0400b39e1942bd8fe02532f958c782e4c17f0','planned','','2026-08-27 03:00:00.000000','2026-08-27 03:00:00.000000','2026-08-27 03:00:00.000000',NULL);
CREATE TABLE memory (
	scope TEXT NOT NULL, 
	"key" TEXT NOT NULL, 
	value TEXT NOT NULL, 
	at DATETIME NOT NULL, 
	PRIMARY KEY (scope, "key")
);
INSERT INTO "memory" VALUES('source This Week in Rust','directory','abd3593f0b9775364f44baa60d288aa504c6d454f496ee8a5b624ad685c70a14','2026-08-27 03:00:00.000000');
INSERT INTO "memory" VALUES('limits','mastodon','{"max_characters": 500, "characters_reserved_per_url": 23}','2026-08-20 03:00:00.000000');
INSERT INTO "memory" VALUES('circuit','This Week in Rust/x','2026-08-27T04:00:00+00:00','2026-08-27 03:00:00.000000');
INSERT INTO "memory" VALUES('told','This Week in Rust/standing/log','{"sentences": {"666/x": "Issue 666 is stuck on x: credit refused: X answered 402: Your enrolled account does not have any credits to fulfill this request.. Mend the cause, then: crosspost retry 666 x (or: skip)"}, "at_rest": [], "failures": 0, "not_before": null}','2026-08-27 03:00:00.000000');
CREATE TABLE newsletter (
	newsletter TEXT NOT NULL, 
	baseline_at DATETIME NOT NULL, 
	PRIMARY KEY (newsletter)
);
INSERT INTO "newsletter" VALUES('This Week in Rust','2026-08-20 03:00:00.000000');
CREATE INDEX delivery_by_state ON delivery (newsletter, state);
CREATE INDEX event_by_issue ON event (newsletter, number, id);
COMMIT;
