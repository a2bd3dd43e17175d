package io.advunlearn.registry;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.LinkOption;
import java.nio.file.Path;
import java.util.Collections;
import java.util.Map;
import java.util.TreeMap;

/** {@code labels.json} beside an encoder's manifest, which never changes: what people say of it. */
final class EncoderLabels {

    static final String FILE = "labels.json";

    private static final int MAX_LABELS = 64;
    private static final int MAX_VALUE = 200;

    private EncoderLabels() {
    }

    /** What the file holds. */
    private static final class Labels extends TreeMap<String, String> {
        private static final long serialVersionUID = 1L;
    }

    /** By key, sorted; empty if there are none. @throws RegistryException if the file cannot be trusted */
    static Map<String, String> read(String id, Path encoder) throws IOException {
        Path file = encoder.resolve(FILE);
        if (!Files.exists(file, LinkOption.NOFOLLOW_LINKS)) {
            return Map.of();
        }
        if (!Files.isRegularFile(file, LinkOption.NOFOLLOW_LINKS)) {
            throw new RegistryException(FILE + " of encoder '" + id + "' is a link");
        }
        Labels labels = RegistryJson.read(Files.readAllBytes(file), Labels.class, FILE + " of encoder '" + id + "'");
        labels.forEach(EncoderLabels::check);
        return Collections.unmodifiableMap(labels);
    }

    /** @param changes by key; {@code null} takes the label away; @return what there is afterwards */
    static Map<String, String> change(String id, Path encoder, Map<String, String> changes) throws IOException {
        Labels labels = new Labels();
        labels.putAll(read(id, encoder));
        changes.forEach((key, value) -> {
            check(key, value == null ? "" : value);
            if (value == null) {
                labels.remove(key);
            } else {
                labels.put(key, value);
            }
        });
        if (labels.size() > MAX_LABELS) {
            throw new RegistryException("an encoder has at most " + MAX_LABELS + " labels, '" + id + "' would have " + labels.size());
        }
        DurableFiles.replace(encoder.resolve(FILE), RegistryJson.pretty(labels));
        return Collections.unmodifiableMap(labels);
    }

    private static void check(String key, String value) {
        RegistryNames.requireId("label", key);
        if (value == null || value.length() > MAX_VALUE || value.chars().anyMatch(Character::isISOControl)) {
            throw new RegistryException("the value of label '" + key + "' must have at most " + MAX_VALUE + " characters, none of them a control character");
        }
    }
}
