package io.advunlearn.djlserving;

import ai.djl.Model;
import ai.djl.nn.Block;
import ai.djl.nn.BlockFactory;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Map;
import java.util.Optional;
import java.util.UUID;
import java.util.function.Supplier;
import java.util.stream.LongStream;
import java.util.stream.Stream;

/**
 * Makes the traced text encoder of an existing TorchScript model directory replaceable, whatever translator it has. In its
 * {@code serving.properties}:
 *
 * <pre>
 * blockFactory=io.advunlearn.djlserving.TracedEncoderBlockFactory
 * option.hasParameter=false
 * replacement.file=/opt/encoders/safe.pt
 * replacement.sha256=...
 * replacement.active=false
 * replacement.reference_ids=49406,320,1125,49407
 * </pre>
 *
 * TorchScript files are code. The replacement is therefore the operator's alone: no API chooses or uploads it, and a file that
 * has not the pinned SHA-256 is not loaded. With {@code replacement.active=true} the model does not load without it.
 */
public final class TracedEncoderBlockFactory implements BlockFactory {

    private static final long serialVersionUID = 1L;

    /** "a photo" in CLIP's vocabulary, filled up with the end of text as OpenAI's CLIP does. */
    private static final long[] PHOTO = LongStream.concat(LongStream.of(49406, 320, 1125), LongStream.generate(() -> 49407).limit(74)).toArray();

    /** @throws IllegalArgumentException naming the property or the file that is wrong */
    @Override
    public Block newBlock(Model model, Path modelPath, Map<String, ?> arguments) {
        Supplier<TracedModule> replacement = replacement(model, arguments);
        long[] reference = referenceIds(arguments);
        TracedModule original = TracedModule.load(original(model, modelPath), null, model.getNDManager().getDevice());
        TracedEncoder encoder = new TracedEncoder(original, replacement, reference, model.getNDManager());
        TracedEncoders encoders = DjlServingHost.get().tracedEncoders();
        String name = modelPath.getFileName().toString();
        try {
            if (text(arguments, "replacement.active").map(Boolean::parseBoolean).orElse(false)) {
                encoder.replace();
            }
            encoders.add(name, encoder);
        } catch (RuntimeException e) {
            encoder.close();
            throw e;
        }
        model.getNDManager().attachInternal(UUID.randomUUID().toString(), () -> {
            encoders.remove(name, encoder);
            encoder.close();
        });
        return new TracedEncoderBlock(encoder);
    }

    /** Where DJL itself would look for it. */
    private static Path original(Model model, Path directory) {
        return Stream.of(model.getName(), directory.getFileName().toString(), "model").map(name -> directory.resolve(name + ".pt"))
                .filter(Files::isRegularFile).findFirst()
                .orElseThrow(() -> new IllegalArgumentException(directory + " holds no " + model.getName() + ".pt"));
    }

    private static Supplier<TracedModule> replacement(Model model, Map<String, ?> arguments) {
        Optional<String> file = text(arguments, "replacement.file");
        if (file.isEmpty()) {
            return null;
        }
        String sha256 = text(arguments, "replacement.sha256").filter(digest -> digest.matches("[0-9a-fA-F]{64}"))
                .orElseThrow(() -> new IllegalArgumentException("replacement.sha256 must be the 64 hexadecimal digits of the file's SHA-256"));
        return () -> TracedModule.load(Path.of(file.get()), sha256, model.getNDManager().getDevice());
    }

    private static long[] referenceIds(Map<String, ?> arguments) {
        try {
            return text(arguments, "replacement.reference_ids")
                    .map(ids -> Stream.of(ids.split(",")).mapToLong(id -> Long.parseLong(id.strip())).toArray()).orElse(PHOTO);
        } catch (NumberFormatException e) {
            throw new IllegalArgumentException("replacement.reference_ids must be integers separated by commas");
        }
    }

    private static Optional<String> text(Map<String, ?> arguments, String name) {
        return Optional.ofNullable(arguments.get(name)).map(value -> value.toString().strip()).filter(value -> !value.isEmpty());
    }
}
