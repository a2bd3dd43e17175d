package io.advunlearn.erasure;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import java.io.IOException;
import java.io.InputStream;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;

/**
 * Asks a language model for keywords, over OpenAI's chat completions API. Which one, only the process's environment says, never a request. The
 * key is sent and nowhere written.
 */
final class KeywordChat {

    static final String BASE_URL = "ADVUNLEARN_CHAT_BASE_URL";
    static final String MODEL = "ADVUNLEARN_CHAT_MODEL";
    static final String API_KEY = "ADVUNLEARN_CHAT_API_KEY";

    private static final String RELATED = "List %d words or short phrases that describe \"%s\" or belong to it so closely that a text-to-image model "
            + "could draw it when asked for them.";
    private static final String UNRELATED = "List %d words or short phrases for things that are often seen together with \"%s\" but do not mean it "
            + "and should still be drawn when it must not be.";
    private static final String FORM = " Answer with one JSON array of strings and nothing else. Do not use \"%s\" itself.";
    private static final int MOST_BYTES = 1 << 20;
    private static final ObjectMapper JSON = new ObjectMapper();

    private final URI endpoint;
    private final String model;
    private final String key;
    private final Duration timeout;

    private KeywordChat(URI endpoint, String model, String key, Duration timeout) {
        this.endpoint = endpoint;
        this.model = model;
        this.key = key;
        this.timeout = timeout;
    }

    /**
     * @param environment holds the base URL (for example {@code https://host/v1}), the model's name, and the key if the server wants one
     * @param timeout of one question
     * @throws IllegalArgumentException naming the variable and what is accepted
     */
    static KeywordChat of(Map<String, String> environment, Duration timeout) {
        String base = environment.getOrDefault(BASE_URL, "").strip();
        String model = environment.getOrDefault(MODEL, "").strip();
        if (base.isEmpty() || model.isEmpty()) {
            throw new IllegalArgumentException("keywordSource chat needs the environment variables " + BASE_URL + " and " + MODEL);
        }
        return new KeywordChat(endpoint(base), model, environment.getOrDefault(API_KEY, "").strip(), timeout);
    }

    private static URI endpoint(String base) {
        try {
            URI uri = URI.create(base.replaceAll("/+$", "") + "/chat/completions");
            if (uri.getHost() != null && List.of("http", "https").contains(uri.getScheme())) {
                return uri;
            }
        } catch (IllegalArgumentException e) {
            // the same answer as below
        }
        throw new IllegalArgumentException(BASE_URL + " must be an http or https URL");
    }

    /**
     * Two questions, at temperature 0.
     *
     * @param count keywords wanted of each sort
     * @throws IllegalStateException if the server does not answer as it should
     */
    Keywords ask(String concept, int count) {
        return new Keywords(list(RELATED, concept, count), list(UNRELATED, concept, count));
    }

    private List<String> list(String question, String concept, int count) {
        String form = String.format(FORM, concept);
        List<String> words = words(answer(String.format(question, count, concept) + form));
        if (2 * words.size() < count) {
            throw new IllegalStateException("the chat endpoint named " + words.size() + " keywords instead of " + count);
        }
        return words.subList(0, Math.min(count, words.size()));
    }

    private String answer(String question) {
        Map<String, Object> body = Map.of("model", model, "temperature", 0, "messages", List.of(Map.of("role", "user", "content", question)));
        try {
            HttpRequest.Builder request = HttpRequest.newBuilder(endpoint).timeout(timeout).header("Content-Type", "application/json")
                    .POST(HttpRequest.BodyPublishers.ofString(JSON.writeValueAsString(body)));
            if (!key.isEmpty()) {
                request.header("Authorization", "Bearer " + key);
            }
            HttpResponse<InputStream> response = HttpClient.newBuilder().connectTimeout(timeout).build()
                    .send(request.build(), HttpResponse.BodyHandlers.ofInputStream());
            try (InputStream in = response.body()) {
                return content(response.statusCode(), in.readNBytes(MOST_BYTES));
            }
        } catch (IOException e) {
            throw new IllegalStateException("the chat endpoint at " + endpoint.getHost() + " cannot be reached (" + e.getClass().getSimpleName() + ")");
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw new IllegalStateException("interrupted while the chat endpoint was asked");
        }
    }

    private static String content(int status, byte[] body) throws IOException {
        if (status != 200) {
            throw new IllegalStateException("the chat endpoint answered with status " + status);
        }
        try {
            JsonNode content = JSON.readTree(body).path("choices").path(0).path("message").path("content");
            if (content.isTextual()) {
                return content.asText();
            }
        } catch (JsonProcessingException e) {
            // the same answer as below
        }
        throw new IllegalStateException("the chat endpoint answered with no chat completion");
    }

    /** One JSON array of strings, which may stand in a code fence. */
    private static List<String> words(String answer) {
        String json = answer.strip().replaceAll("(?s)^```(?:json)?\\s*(.*?)\\s*```$", "$1");
        try {
            JsonNode array = JSON.readTree(json);
            if (!array.isArray()) {
                throw new IllegalArgumentException("no array");
            }
            List<String> words = new ArrayList<>();
            for (JsonNode word : array) {
                if (!word.isTextual()) {
                    throw new IllegalArgumentException("something else than a text");
                }
                words.add(word.asText());
            }
            return Keywords.checked("keywords", words);
        } catch (JsonProcessingException | IllegalArgumentException e) {
            throw new IllegalStateException("the chat endpoint's answer is not the JSON array of keywords that it was asked for");
        }
    }
}
