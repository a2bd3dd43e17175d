package io.advunlearn.gateway.cli;

import io.advunlearn.erasure.ErasureRequest;
import io.advunlearn.erasure.ErasureResult;
import io.advunlearn.erasure.ErasureStart;
import io.advunlearn.pipeline.ComponentSnapshot;
import io.advunlearn.pipeline.PipelineComponents;
import io.advunlearn.registry.EncoderManifest;
import io.advunlearn.registry.EncoderRegistry;
import io.advunlearn.registry.PipelineReferences;
import io.advunlearn.registry.RegistryException;
import io.advunlearn.tensor.Sha256;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Optional;

/** Registers what an erasure on the command line has made, as a server registers the candidate of its own; it is served when somebody promotes it. */
record CandidateRegistration(EncoderRegistry registry, String id) {

    /**
     * A command that was killed after it had registered finds the candidate there.
     *
     * @throws RegistryException if another encoder has the id
     */
    EncoderManifest register(ErasureRequest request, ErasureResult result, PipelineComponents components) {
        Optional<EncoderManifest> there = registry.encoder(id);
        if (there.isPresent()) {
            return requireSame(there.get(), result.encoderDirectory());
        }
        String principal = LocalRegistry.principal();
        EncoderManifest manifest = registry.register(result.encoderDirectory(),
                request.registration(id, parent(request.start()), components.baseDigest(), result.settings(), principal), PipelineReferences.of(components));
        registry.audit(principal, "erase", id, manifest.digest());
        return manifest;
    }

    /** Before anything is computed. @throws RegistryException if an encoder has the id that this erasure cannot have made: its work is not there */
    void requireFree(Path work) {
        Optional<EncoderManifest> there = registry.encoder(id);
        if (there.isPresent()) {
            requireSame(there.get(), work.resolve("encoder"));
        }
    }

    private EncoderManifest requireSame(EncoderManifest there, Path encoder) {
        if (!digest(encoder.resolve("model.safetensors")).equals(Optional.of(there.digest()))) {
            throw new RegistryException("an encoder '" + id + "' is registered already, and it is another one: choose another --register");
        }
        return there;
    }

    private static Optional<String> digest(Path weights) {
        try {
            return Files.isRegularFile(weights) ? Optional.of(Sha256.of(weights)) : Optional.empty();
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    private String parent(ErasureStart start) {
        if (start.isBase()) {
            return ComponentSnapshot.BASE_ID;
        }
        return registry.encoders().stream().filter(known -> known.digest().equals(start.digest())).map(EncoderManifest::id).findFirst().orElse(null);
    }
}
