package io.advunlearn.erasure;

import com.fasterxml.jackson.databind.ObjectMapper;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.util.function.Supplier;

/**
 * The keywords of one erasure: those its settings give, and for a list that they leave empty the source's. Written to {@code keywords.json}
 * beside the result and read from there by a resume, which therefore has the same ones whatever a language model would say by then.
 */
final class KeywordLists {

    static final String FILE = "keywords.json";

    private static final ObjectMapper JSON = new ObjectMapper();

    private KeywordLists() {
    }

    /** What is written. */
    private record Written(String concept, String source, Keywords keywords) {
    }

    /**
     * @param source asked only if a list is empty and the work directory holds no answer to the same question
     * @throws IllegalArgumentException if a list stays empty
     */
    static Keywords resolve(SgraceSettings settings, String concept, Path workDirectory, Supplier<Keywords> source) {
        Path file = workDirectory.resolve(FILE);
        Keywords asked = new Keywords(settings.related(), settings.unrelated());
        if (settings.related().isEmpty() || settings.unrelated().isEmpty()) {
            Keywords known = read(file, concept, settings.keywordSource());
            asked = known == null ? source.get() : known;
        }
        Keywords keywords = new Keywords(settings.related().isEmpty() ? asked.related() : settings.related(),
                settings.unrelated().isEmpty() ? asked.unrelated() : settings.unrelated()).about(concept);
        if (keywords.related().isEmpty() || keywords.unrelated().isEmpty()) {
            throw new IllegalArgumentException("related and unrelated must each hold a keyword besides the concept");
        }
        write(file, new Written(concept, settings.keywordSource(), keywords));
        return keywords;
    }

    private static Keywords read(Path file, String concept, String source) {
        try {
            Written written = Files.exists(file) ? JSON.readValue(file.toFile(), Written.class) : null;
            return written != null && written.concept().equals(concept) && written.source().equals(source) ? written.keywords() : null;
        } catch (IOException e) {
            throw new UncheckedIOException(file + ": cannot be read", e);
        }
    }

    private static void write(Path file, Written written) {
        try {
            Files.createDirectories(file.toAbsolutePath().getParent());
            Path temporary = Files.createTempFile(file.toAbsolutePath().getParent(), FILE, ".tmp");
            JSON.writerWithDefaultPrettyPrinter().writeValue(temporary.toFile(), written);
            Files.move(temporary, file, StandardCopyOption.REPLACE_EXISTING, StandardCopyOption.ATOMIC_MOVE);
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }
}
