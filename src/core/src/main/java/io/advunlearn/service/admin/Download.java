package io.advunlearn.service.admin;

import io.advunlearn.service.json.Answer;
import java.nio.file.Path;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.function.Supplier;

/**
 * A file for the host to stream, or why there is none.
 *
 * @param problem the answer if there is no file, otherwise {@code null}
 * @param file to be sent
 * @param headers of the answer, the media type among them
 */
public record Download(Answer problem, Path file, Map<String, String> headers) {

    /** The files of an encoder by name, with their media types. */
    static final Map<String, String> FILES = files();

    private static Map<String, String> files() {
        Map<String, String> files = new LinkedHashMap<>();
        files.put("config.json", Answer.JSON);
        files.put("model.safetensors", "application/octet-stream");
        files.put("manifest.json", Answer.JSON);
        files.put("SHA256SUMS", "text/plain;charset=US-ASCII");
        return files;
    }

    static Download of(Supplier<Download> find) {
        Download[] found = new Download[1];
        Answer answer = AdminAnswers.answer(() -> {
            found[0] = find.get();
            return null;
        });
        return answer == null ? found[0] : new Download(answer, null, Map.of());
    }

    /** @param digest SHA-256 of the encoder's weights */
    static Download of(Path file, String encoder, String digest) {
        String name = file.getFileName().toString();
        Map<String, String> headers = new LinkedHashMap<>();
        headers.put("Content-Type", FILES.get(name));
        headers.put("Content-Disposition", "attachment; filename=\"" + encoder + "-" + name + "\"");
        headers.put("X-Encoder-Version", encoder + "@" + digest);
        headers.put("X-Content-Type-Options", "nosniff");
        return new Download(null, file, headers);
    }
}
