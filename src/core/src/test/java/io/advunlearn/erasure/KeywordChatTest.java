package io.advunlearn.erasure;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;
import static org.assertj.core.api.Assertions.assertThatIllegalStateException;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.sun.net.httpserver.HttpServer;
import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class KeywordChatTest {

    private static final ObjectMapper JSON = new ObjectMapper();
    private static final String KEY = "secret-key";

    private final List<JsonNode> questions = new ArrayList<>();
    private final List<String> authorizations = new ArrayList<>();
    private HttpServer server;
    private int status = 200;
    private String answer = "[\"steeple\", \"nave\", \"steeple\"]";

    @BeforeEach
    void start() throws IOException {
        server = HttpServer.create(new InetSocketAddress(InetAddress.getLoopbackAddress(), 0), 0);
        server.createContext("/v1/chat/completions", exchange -> {
            questions.add(JSON.readTree(exchange.getRequestBody()));
            authorizations.add(exchange.getRequestHeaders().getFirst("Authorization"));
            byte[] body = JSON.writeValueAsBytes(Map.of("choices", List.of(Map.of("message", Map.of("role", "assistant", "content", answer)))));
            exchange.sendResponseHeaders(status, body.length);
            exchange.getResponseBody().write(body);
            exchange.close();
        });
        server.start();
    }

    @AfterEach
    void stop() {
        server.stop(0);
    }

    private KeywordChat chat(String base) {
        return KeywordChat.of(Map.of(KeywordChat.BASE_URL, base, KeywordChat.MODEL, "some-model", KeywordChat.API_KEY, KEY), Duration.ofSeconds(5));
    }

    private Keywords ask(int count) {
        return chat("http://" + server.getAddress().getAddress().getHostAddress() + ":" + server.getAddress().getPort() + "/v1/").ask("church", count);
    }

    @Test
    void asksBothQuestionsAtTemperatureZeroWithTheKey() {
        assertThat(ask(3).related()).containsExactly("steeple", "nave");
        assertThat(questions).hasSize(2).allMatch(q -> q.path("temperature").asInt(-1) == 0).allMatch(q -> "some-model".equals(q.path("model").asText()));
        assertThat(questions.get(0).at("/messages/0/content").asText()).contains("church", "3 words");
        assertThat(questions.get(1).at("/messages/0/content").asText()).contains("do not mean it");
        assertThat(authorizations).containsOnly("Bearer " + KEY);
    }

    @Test
    void codeFenceAroundTheArrayIsTolerated() {
        answer = "```json\n[\"steeple\", \"nave\"]\n```";
        assertThat(ask(2).unrelated()).containsExactly("steeple", "nave");
    }

    @ParameterizedTest
    @ValueSource(strings = {"Here are some: [\"steeple\"]", "{\"keywords\": [\"steeple\"]}", "[\"steeple\", 3]", "steeple, nave", "[\"\"]", ""})
    void anythingButAnArrayOfTextsIsRefused(String text) {
        answer = text;
        assertThatIllegalStateException().isThrownBy(() -> ask(1)).withMessageContaining("JSON array").withNoCause();
    }

    @Test
    void tooFewKeywordsAreRefused() {
        assertThatIllegalStateException().isThrownBy(() -> ask(50)).withMessageContaining("2 keywords instead of 50");
    }

    @Test
    void errorTellsTheStatusAndNeverTheKey() {
        status = 401;
        assertThatIllegalStateException().isThrownBy(() -> ask(2)).withMessageContaining("status 401").withMessageNotContaining(KEY);
        server.stop(0);
        assertThatIllegalStateException().isThrownBy(() -> ask(2)).withMessageContaining("cannot be reached").withMessageNotContaining(KEY);
    }

    @ParameterizedTest
    @ValueSource(strings = {"file:///etc", "ftp://host/v1", "host/v1", "http://", "http://a b"})
    void baseUrlMustBeHttp(String base) {
        assertThatIllegalArgumentException().isThrownBy(() -> chat(base)).withMessageContaining(KeywordChat.BASE_URL);
    }
}
