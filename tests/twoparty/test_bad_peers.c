/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Two parties that cannot go together, and peers that are no party: a raw socket in the test plays
 * them. quotient-run ends at once, with one line, and leaves nothing.
 */
#include "tool.h"

#include <sys/socket.h>
#include <unistd.h>

static const char experiment[] =
	"data: {use: digits, size: 8, train_rows: 40, test_rows: 20}\n"
	"model: [{use: fc, out: 8}, {use: fc, out: 10}]\n"
	"train: {batch: 16, optimizer: {use: amsgrad}, quantizer: {use: npow}}\n";

#define HELLO_BYTES 24
#define HEADER_BYTES 24
#define MAX_WORDS 6

static int begin(void **state)
{
	(void)state;
	tool_folder_new();
	tool_write_text(tool_path("peer.yaml"), experiment);
	return 0;
}

static int end(void **state)
{
	(void)state;
	tool_folder_remove();
	return 0;
}

/* quotient-run as one party, with a further --set or option unless NULL; results would go to
 * out-PARTY. */
static void start(struct tool *t, int party, bool listens, int port, const char *set)
{
	char address[32], number[2] = { (char)('0' + party), 0 }, output[1100];

	snprintf(address, sizeof address, "127.0.0.1:%d", port);
	snprintf(output, sizeof output, "output.dir=%s", tool_path("out-%d", party));
	const char *args[] = { tool_path("peer.yaml"),
			       "--quiet",
			       "--party",
			       number,
			       listens ? "--listen" : "--connect",
			       address,
			       "--set",
			       output,
			       set && set[0] == '-' ? set : "--set",
			       set && set[0] == '-' ? NULL
			       : set                ? set
						    : "network.timeout=60",
			       NULL };
	*t = (struct tool){ 0 };
	tool_start(t, "quotient-run", args);
}

static void finish(struct tool *t, const char *what, int status, const char *const *parts)
{
	struct tool_result r = tool_wait(t);

	print_message("    %s: %s", what, r.err);
	tool_assert_refused(&r, status, parts);
	tool_free(&r);
	for (int i = 0; i < 2; i++)
		assert_int_equal(tool_entries(tool_path("out-%d", i), NULL), -1);
}

static void put(int fd, const void *data, size_t n)
{
	const char *p = data;

	while (n) {
		ssize_t k = send(fd, p, n, MSG_NOSIGNAL);
		if (k <= 0)
			return; /* the tool has had enough */
		p += k;
		n -= (size_t)k;
	}
}

/* ---- two parties that differ ---- */

static const struct {
	const char *set; /* of party 1, or an option */
	const char *parts[MAX_WORDS];
} differences[] = {
	{ "train.seed=2", { "the parties disagree on train.seed" } },
	{ "train.optimizer.use=sgd", { "the parties disagree on train.optimizer.use" } },
	{ "train.quantizer.use=cpow", { "the parties disagree on train.quantizer.use" } },
	{ "protocol.products.batch=65536", { "the parties disagree on protocol.products.batch" } },
	{ "data.train_rows=41", { "the parties disagree on data.train_rows" } },
	{ "data.owner=0", { "the parties disagree on data.owner" } },
	{ "model=[{use: fc, out: 10}]", { "the parties disagree on model." } },
	{ "reveal=[]", { "the parties disagree on reveal" } },
	{ "--reveal-model", { "the parties disagree on --reveal-model" } },
};

static void test_differences(void **state)
{
	(void)state;
	for (size_t i = 0; i < sizeof differences / sizeof *differences; i++) {
		struct tool pair[2];
		int port = tool_free_port();
		start(&pair[0], 0, true, port, NULL);
		start(&pair[1], 1, false, port, differences[i].set);
		for (int p = 0; p < 2; p++)
			finish(&pair[p], differences[i].set, 2, differences[i].parts);
	}
}

/* What is a party's own may differ. */
static void test_own_settings(void **state)
{
	struct tool pair[2];
	int port = tool_free_port();
	char own[1100];

	(void)state;
	snprintf(own, sizeof own, "output.dir=%s", tool_path("own"));
	start(&pair[0], 0, true, port, "name=another");
	start(&pair[1], 1, false, port, own);
	for (int p = 0; p < 2; p++) {
		struct tool_result r = tool_wait(&pair[p]);
		tool_assert_status(&r, 0);
		tool_free(&r);
	}
	assert_int_equal(tool_entries(tool_path("own"), NULL), 1);
	assert_int_equal(rename(tool_path("out-0"), tool_path("own-0")), 0);
}

/* Who connects is refused; who listens goes on waiting, and says at the end who came. */
static void test_one_number_twice(void **state)
{
	static const char *const connects[] = { "both sides say that they are party 0", "--party 1",
						NULL };
	static const char *const listens[] = { "party 1 did not connect to",
					       "both sides say that they are party 0", NULL };
	struct tool pair[2];
	int port = tool_free_port();

	(void)state;
	start(&pair[0], 0, true, port, "network.timeout=3");
	start(&pair[1], 0, false, port, NULL);
	finish(&pair[1], "one number twice", 2, connects);
	finish(&pair[0], "one number twice", 1, listens);
}

/* A program that is no party comes first, and one that says nothing is still there. */
static void test_strangers(void **state)
{
	static const char request[] = "GET / HTTP/1.1\r\n\r\n";
	struct tool pair[2];
	int port = tool_free_port(), fd[2];

	(void)state;
	start(&pair[0], 0, true, port, "train.max_steps=1");
	for (int i = 0; i < 2; i++)
		fd[i] = tool_connect(port);
	put(fd[0], request, sizeof request - 1);
	start(&pair[1], 1, false, port, "train.max_steps=1");
	for (int p = 0; p < 2; p++) {
		struct tool_result r = tool_wait(&pair[p]);
		tool_assert_status(&r, 0);
		tool_free(&r);
		assert_int_equal(rename(tool_path("out-%d", p), tool_path("strangers-%d", p)), 0);
		close(fd[p]);
	}
}

/* Two parties at addresses that both know. */
static void test_mesh(void **state)
{
	char mesh[200];
	struct tool pair[2];

	(void)state;
	snprintf(mesh, sizeof mesh, "network.parties=[\"127.0.0.1:%d\", \"127.0.0.1:%d\"]",
		 tool_free_port(), tool_free_port());
	for (int p = 0; p < 2; p++) {
		char output[1100];
		snprintf(output, sizeof output, "output.dir=%s", tool_path("mesh-%d", p));
		const char *args[] = { tool_path("peer.yaml"),
				       "--quiet",
				       "--party",
				       p ? "1" : "0",
				       "--set",
				       output,
				       "--set",
				       mesh,
				       "--set",
				       "train.max_steps=1",
				       NULL };
		pair[p] = (struct tool){ 0 };
		tool_start(&pair[p], "quotient-run", args);
	}
	for (int p = 0; p < 2; p++) {
		struct tool_result r = tool_wait(&pair[p]);
		tool_assert_status(&r, 0);
		tool_free(&r);
	}
}

/* Whoever listens may be party 1. */
static void test_party_1_listens(void **state)
{
	struct tool pair[2];
	int port = tool_free_port();

	(void)state;
	start(&pair[0], 1, true, port, "train.max_steps=1");
	start(&pair[1], 0, false, port, "train.max_steps=1");
	for (int p = 0; p < 2; p++) {
		struct tool_result r = tool_wait(&pair[p]);
		tool_assert_status(&r, 0);
		tool_free(&r);
		assert_int_equal(rename(tool_path("out-%d", p), tool_path("swapped-%d", p)), 0);
	}
}

/* ---- nobody there ---- */

static void test_no_peer(void **state)
{
	static const char *const connects[] = { "cannot connect to party 0 at 127.0.0.1:",
						"start the party that listens", "network.timeout",
						NULL };
	static const char *const listens[] = { "party 1 did not connect to 127.0.0.1:", "start it",
					       "network.timeout", NULL };
	static const char *const in_use[] = { "cannot listen on 127.0.0.1:", "in use", "free port",
					      NULL };
	struct tool t[3];
	int port, fd = tool_listen(&port);

	(void)state;
	start(&t[0], 1, false, tool_free_port(), "network.timeout=1");
	start(&t[1], 0, true, tool_free_port(), "network.timeout=1");
	start(&t[2], 0, true, port, NULL);
	finish(&t[0], "nobody listens", 1, connects);
	finish(&t[1], "nobody connects", 1, listens);
	finish(&t[2], "port in use", 1, in_use);
	close(fd);
}

/* ---- a peer that is none ---- */

static bool get(int fd, void *data, size_t n)
{
	return recv(fd, data, n, MSG_WAITALL) == (ssize_t)n;
}

static void put_noise(int fd, size_t n)
{
	uint64_t seed = 1, block[128];

	for (; n > sizeof block; n -= sizeof block) {
		for (size_t i = 0; i < sizeof block / sizeof *block; i++)
			block[i] = quo_test_random(&seed);
		put(fd, block, sizeof block);
	}
}

/* Meet the tool (party 1, connecting): its hello, answered by party 0's unless `answer` is changed, then its header and
 * list of settings. */
struct hello {
	uint8_t bytes[1 << 16];
	size_t n;
};

static uint32_t word(const uint8_t *p)
{
	return (uint32_t)p[0] | (uint32_t)p[1] << 8 | (uint32_t)p[2] << 16 | (uint32_t)p[3] << 24;
}

/* Its hello, with party 0's number in it. */
static struct hello *hello(int fd)
{
	static struct hello h;

	h.n = HELLO_BYTES;
	assert_true(get(fd, h.bytes, HELLO_BYTES));
	assert_memory_equal(h.bytes, "QUOTIENT", 8);
	assert_int_equal(word(h.bytes + 12), 2);
	assert_int_equal(word(h.bytes + 16), 1);
	h.bytes[16] = 0;
	return &h;
}

/* What it says once it has met party 0, which is the same that party 0 would say. */
static struct hello *meet(int fd)
{
	struct hello *h = hello(fd);

	put(fd, h->bytes, h->n);
	assert_true(get(fd, h->bytes, HEADER_BYTES));
	h->n = HEADER_BYTES + word(h->bytes + 4);
	assert_true(h->n <= sizeof h->bytes);
	assert_true(get(fd, h->bytes + HEADER_BYTES, h->n - HEADER_BYTES));
	return h;
}

/* The handshake to its end: the nonces are equal, so party 0's confirmation is the tool's. */
static void shake_hands(int fd)
{
	struct hello *h = meet(fd);
	uint8_t digest[32];

	put(fd, h->bytes, h->n);
	assert_true(get(fd, digest, sizeof digest));
	put(fd, digest, sizeof digest);
}

static void set_word(struct hello *h, size_t at, uint32_t value)
{
	for (int i = 0; i < 4; i++)
		h->bytes[at + (size_t)i] = (uint8_t)(value >> 8 * i);
}

static void closes_at_once(int fd)
{
	(void)fd;
}

static void closes_in_the_hello(int fd)
{
	put(fd, hello(fd)->bytes, 20);
}

static void closes_in_the_header(int fd)
{
	put(fd, meet(fd)->bytes, 20);
}

static void another_program(int fd)
{
	static const char text[] = "HTTP/1.1 400 Bad Request\r\nConnection: close\r\n\r\n";
	put(fd, text, sizeof text - 1);
}

static void noise(int fd)
{
	put_noise(fd, 1 << 20);
}

static void another_version(int fd)
{
	struct hello *h = hello(fd);
	set_word(h, 8, 77);
	put(fd, h->bytes, h->n);
}

static void party_nine(int fd)
{
	struct hello *h = hello(fd);
	set_word(h, 16, 9);
	put(fd, h->bytes, h->n);
}

static void five_parties(int fd)
{
	struct hello *h = hello(fd);
	set_word(h, 12, 5);
	put(fd, h->bytes, h->n);
}

static void too_many_settings(int fd)
{
	struct hello *h = meet(fd);
	set_word(h, 0, UINT32_MAX);
	put(fd, h->bytes, h->n);
}

static void too_many_bytes(int fd)
{
	struct hello *h = meet(fd);
	set_word(h, 4, UINT32_MAX);
	put(fd, h->bytes, h->n);
}

static void settings_of_noise(int fd)
{
	struct hello *h = meet(fd);
	memset(h->bytes + HEADER_BYTES, 0x1b, h->n - HEADER_BYTES); /* escape codes in the names */
	put(fd, h->bytes, h->n);
}

static void says_no_hello(int fd)
{
	char byte;
	hello(fd);
	(void)get(fd, &byte, 1); /* until the tool goes */
}

static void silent(int fd)
{
	char byte;
	meet(fd);
	(void)get(fd, &byte, 1); /* until the tool goes */
}

static void another_confirmation(int fd)
{
	struct hello *h = meet(fd);
	put(fd, h->bytes, h->n);
	put_noise(fd, 1 << 20);
}

static void noise_after_the_handshake(int fd)
{
	shake_hands(fd);
	put_noise(fd, 1 << 20);
}

/* Nine words that describe the data: dimensions, their sizes, features, classes, sign, rows. */
static void describe(int fd, const uint32_t shape[9])
{
	shake_hands(fd);
	put(fd, shape, 9 * sizeof *shape);
}

static void no_rows(int fd)
{
	describe(fd, (const uint32_t[]){ 1, 64, 0, 0, 64, 10, 0, 0, 0 });
}

static void too_many_rows(int fd)
{
	describe(fd, (const uint32_t[]){ 1, 64, 0, 0, 64, 10, 0, UINT32_MAX, UINT32_MAX });
}

static void half_the_data(int fd)
{
	describe(fd, (const uint32_t[]){ 1, 64, 0, 0, 64, 10, 0, 40, 20 });
	put_noise(fd, 4096);
}

static void other_classes(int fd)
{
	describe(fd, (const uint32_t[]){ 1, 64, 0, 0, 64, 3, 0, 40, 20 });
	put_noise(fd, 60 * (64 * 4 + 3) + 1024);
}

/* Well-behaved up to the protocol's first message. */
static void noise_for_points(int fd)
{
	describe(fd, (const uint32_t[]){ 1, 64, 0, 0, 64, 10, 0, 40, 20 });
	put_noise(fd, 1 << 20);
}

static const struct {
	const char *what;
	void (*play)(int fd);
	const char *parts[MAX_WORDS];
	int status;
	bool has_folder; /* it is past the point where the folder is made */
} peers[] = {
	{ "closes at once", closes_at_once, { "closed the connection" }, 1, false },
	{ "closes in the hello", closes_in_the_hello, { "closed the connection" }, 1, false },
	{ "closes in the header", closes_in_the_header, { "closed the connection" }, 1, false },
	{ "another program",
	  another_program,
	  { "not a party of this framework", "address" },
	  1,
	  false },
	{ "noise", noise, { "not a party of this framework", "address" }, 1, false },
	{ "another version", another_version, { "version 77", "same release" }, 1, false },
	{ "party 9", party_nine, { "says that it is party 9 of 2", "from 0 to 1" }, 2, false },
	{ "five parties", five_parties, { "runs with 5 parties, this one with 2" }, 2, false },
	{ "2^32 settings", too_many_settings, { "malformed", "same release" }, 1, false },
	{ "4 GB of settings", too_many_bytes, { "malformed", "same release" }, 1, false },
	{ "settings of noise", settings_of_noise, { "malformed", "same release" }, 1, false },
	{ "no hello", says_no_hello, { "sent nothing", "network.timeout" }, 1, false },
	{ "silent", silent, { "party 0 at", "network.timeout" }, 1, false },
	{ "another confirmation",
	  another_confirmation,
	  { "parties 0 and 1 do not see the same parties" },
	  1,
	  false },
	{ "noise after the handshake",
	  noise_after_the_handshake,
	  { "other party describes data" },
	  1,
	  false },
	{ "no rows", no_rows, { "other party describes data" }, 1, false },
	{ "too many rows", too_many_rows, { "values", "fewer rows" }, 1, false },
	{ "half the data", half_the_data, { "closed the connection" }, 1, false },
	{ "other classes", other_classes, { "10 outputs", "3 classes" }, 2, false },
	{ "noise for points", noise_for_points, { "point", "both parties" }, 1, true },
};

/* A run's folder that it never wrote to; away with it. */
static void nothing_but_a_folder(const char *dir)
{
	char folder[1000];

	assert_int_equal(tool_entries(dir, folder), 1);
	assert_int_equal(tool_entries(folder, NULL), 0);
	assert_int_equal(rmdir(folder), 0);
	assert_int_equal(rmdir(dir), 0);
}

static void test_peers(void **state)
{
	int port, server = tool_listen(&port);

	(void)state;
	for (size_t i = 0; i < sizeof peers / sizeof *peers; i++) {
		struct tool t;
		start(&t, 1, false, port,
		      peers[i].play == silent || peers[i].play == says_no_hello
			      ? "network.timeout=1"
			      : NULL);
		int fd = tool_accept(server);
		peers[i].play(fd);
		/* What the tool says must not depend on how the connection ends. */
		shutdown(fd, SHUT_WR);
		if (peers[i].has_folder) {
			struct tool_result r = tool_wait(&t);
			print_message("    %s: %s", peers[i].what, r.err);
			tool_assert_refused(&r, peers[i].status, peers[i].parts);
			tool_free(&r);
			nothing_but_a_folder(tool_path("out-1"));
		} else {
			finish(&t, peers[i].what, peers[i].status, peers[i].parts);
		}
		close(fd);
	}
	close(server);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_differences),
		cmocka_unit_test(test_own_settings),
		cmocka_unit_test(test_one_number_twice),
		cmocka_unit_test(test_strangers),
		cmocka_unit_test(test_mesh),
		cmocka_unit_test(test_party_1_listens),
		cmocka_unit_test(test_no_peer),
		cmocka_unit_test(test_peers),
	};
	return cmocka_run_group_tests(tests, begin, end);
}
