package io.advunlearn.erasure;

import com.fasterxml.jackson.core.type.TypeReference;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import io.advunlearn.pipeline.ComponentSnapshot;
import io.advunlearn.pipeline.ErasureFloor;
import io.advunlearn.registry.EncoderManifest;
import io.advunlearn.registry.LineageEntry;
import io.advunlearn.tensor.Sha256;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/**
 * The encoder that an erasure starts from.
 *
 * @param id a registered encoder's id, {@code base}, or a folder's path
 * @param encoder its CLIPTextModel folder, {@code null} for the pipeline's base encoder
 * @param digest SHA-256 of its {@code model.safetensors}, hex; {@code null} for the base encoder
 * @param baseDigest SHA-256 of the base encoder it descends from, hex; {@code null} if unknown
 * @param lineage what was erased before, oldest first
 */
public record ErasureStart(String id, Path encoder, String digest, String baseDigest, List<LineageEntry> lineage) {

    /** The encoder that came with the model. */
    public static final ErasureStart BASE = new ErasureStart(ComponentSnapshot.BASE_ID, null, null, null, List.of());

    private static final String LINEAGE = "lineage.json";
    private static final ObjectMapper JSON = new ObjectMapper();

    public ErasureStart {
        lineage = List.copyOf(lineage);
    }

    /** A registered encoder. @param directory its folder in the registry */
    public static ErasureStart of(EncoderManifest manifest, Path directory) {
        return new ErasureStart(manifest.id(), directory, manifest.digest(), manifest.baseDigest(), manifest.history());
    }

    /**
     * A folder outside a registry. Its lineage is what {@link #describe} wrote there, or a registry's manifest; without either it is unknown,
     * and earlier erasures are held no better than any retained prompt.
     *
     * @throws IllegalArgumentException if it is no encoder's folder, or its lineage cannot be read
     */
    public static ErasureStart folder(Path folder) {
        Path weights = folder.resolve("model.safetensors");
        if (!Files.isRegularFile(weights)) {
            throw new IllegalArgumentException("from must be a folder with config.json and model.safetensors, " + folder + " is none");
        }
        Path file = Files.exists(folder.resolve(LINEAGE)) ? folder.resolve(LINEAGE) : folder.resolve("manifest.json");
        try {
            JsonNode lineage = Files.exists(file) ? JSON.readTree(file.toFile()) : JSON.createObjectNode();
            List<LineageEntry> entries = lineage.hasNonNull("lineage")
                    ? JSON.convertValue(lineage.get("lineage"), new TypeReference<List<LineageEntry>>() { }) : List.of();
            return new ErasureStart(folder.toString(), folder, Sha256.of(weights), lineage.path("baseDigest").asText(null), entries);
        } catch (IllegalArgumentException e) {
            throw new IllegalArgumentException("from: " + file + " holds no lineage", e);
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    /** Writes beside an encoder outside a registry what was erased in it, for {@link #folder} to read. */
    static void describe(Path encoder, ErasureRequest request, MethodSettings settings, String baseDigest) {
        Map<String, Object> members = new LinkedHashMap<>();
        members.put("baseDigest", baseDigest);
        members.put("parentDigest", request.start().isBase() ? baseDigest : request.start().digest());
        members.put("lineage", request.lineage(settings));
        try {
            JSON.writerWithDefaultPrettyPrinter().writeValue(encoder.resolve(LINEAGE).toFile(), members);
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    /** Whether this is the encoder that came with the model. */
    public boolean isBase() {
        return encoder == null;
    }

    /** Concepts erased before, oldest first, none twice. */
    public List<LineageEntry> concepts() {
        Map<String, LineageEntry> concepts = new LinkedHashMap<>();
        lineage.forEach(entry -> concepts.put(ErasureFloor.normalise(entry.concept()), entry));
        return List.copyOf(concepts.values());
    }
}
