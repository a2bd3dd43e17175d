package io.advunlearn.gateway.fuzz;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import java.io.IOException;
import java.util.List;
import java.util.regex.Pattern;
import java.util.stream.Stream;

/** What must hold of every answer, whatever was asked. */
final class AnswerRules {

    private static final ObjectMapper MAPPER = new ObjectMapper();

    /** A qualified class name, an exception's name, a frame of a stack, or a call. */
    private static final List<Pattern> INTERNALS = Stream.of(
            "\\b(?:[a-z]\\w*\\.){2,}[A-Z]\\w+", "\\b[A-Z]\\w*(?:Exception|Error)\\b", "\\bat [\\w.$]+\\(", "\\b[A-Z]\\w+\\.[a-z]\\w+\\(")
            .map(Pattern::compile).toList();

    /** Dots, empty segments, matrix parameters. */
    private static final Pattern LEADS_OUT = Pattern.compile("\\.\\.|/\\.|//|/$|;|%2e|%2f", Pattern.CASE_INSENSITIVE);

    /** In tests and development Quarkus says so where a path has only other methods; in production mode it says nothing. */
    private static final String NO_SUCH_METHOD = "<html><body><h1>Resource not found</h1></body></html>";

    private final List<String> secrets;

    /** @param secrets what no answer may hold: keys, and the server's directories */
    AnswerRules(List<String> secrets) {
        this.secrets = secrets;
    }

    void check(RandomRequests.Request request, RawHttp.Answer answer) {
        if (request.truncated() && answer.status() == 0 || answer.status() == -1 && request.path().split("[?#]", 2)[0].endsWith("/events")) {
            // the events of a job that is not over go on
            return;
        }
        String described = "answer " + answer.status() + " " + answer.headers() + "\n" + (isText(answer) ? answer.text() : "") + "\nto\n" + request;
        assertThat(answer.status()).as(described).isBetween(200, 599);
        assertThat(answer.status() < 500 || request.operation().failures().contains(answer.status())).as(described).isTrue();
        assertThat(answer.headers()).as(described).doesNotContainKey("x-evil");
        if (request.admin() && !request.key() && request.path().startsWith("/admin/advunlearn")) {
            assertThat(answer.status()).as(described).isGreaterThanOrEqualTo(400);
        }
        if (isText(answer)) {
            String told = answer.headers() + "\n" + answer.text();
            assertThat(secrets).as(described).noneMatch(told::contains);
            // pages of reports show what they want
            assertThat(INTERNALS).as(described).noneMatch(pattern -> pattern.matcher(told).find());
        }
        if (answer.status() >= 400 && answer.body().length > 0 && !answer.text().equals(NO_SUCH_METHOD) && (isOurs(request) || answer.mediaType().contains("json"))) {
            checkEnvelope(request, answer, described);
        }
    }

    /** What leads out of the APIs' paths, or is no path at all, is answered by the server in front of them. */
    private static boolean isOurs(RandomRequests.Request request) {
        String path = request.path().split("[?#]", 2)[0];
        return !LEADS_OUT.matcher(path).find()
                && (request.admin() ? path.startsWith("/admin/advunlearn/") : path.matches("/v1/(models(/[^/;]+)?|images/generations)"));
    }

    private static boolean isText(RawHttp.Answer answer) {
        return !answer.mediaType().startsWith("image/");
    }

    private static void checkEnvelope(RandomRequests.Request request, RawHttp.Answer answer, String described) {
        JsonNode body;
        try {
            body = MAPPER.readTree(answer.body());
        } catch (IOException e) {
            throw new AssertionError("no JSON: " + described, e);
        }
        if (request.admin()) {
            assertThat(answer.mediaType()).as(described).startsWith("application/problem+json");
            assertThat(body.path("status").asInt()).as(described).isEqualTo(answer.status());
            assertThat(body.path("detail").asText()).as(described).isNotEmpty();
        } else {
            assertThat(body.at("/error/message").asText()).as(described).isNotEmpty();
            assertThat(body.at("/error/type").asText()).as(described).isNotEmpty();
            assertThat(body.path("error").has("param") && body.path("error").has("code")).as(described).isTrue();
        }
    }
}
