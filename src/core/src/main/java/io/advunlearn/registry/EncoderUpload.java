package io.advunlearn.registry;

import java.time.Instant;
import java.util.List;

/**
 * {@code upload.json}: an encoder that arrives in parts, and what it is to become.
 *
 * @param id of the upload
 * @param encoder id under which it will be registered
 * @param parent as of an {@link EncoderManifest}; {@code null} if unknown
 * @param baseDigest as of an {@link EncoderManifest}; {@code null} if unknown
 * @param erasures concepts that it erased, by the uploader's word
 * @param principal who began it
 * @param createdAt when
 * @param files all of its files
 */
public record EncoderUpload(String id, String encoder, String parent, String baseDigest, List<String> erasures, String principal, Instant createdAt,
        List<Part> files) {

    /**
     * A file that was announced.
     *
     * @param name {@code config.json}, a {@code .safetensors} file or the index of such files
     * @param size bytes
     * @param sha256 of the whole file, hex
     */
    public record Part(String name, long size, String sha256) { }

    /** The announced bytes. */
    long size() {
        return files.stream().mapToLong(Part::size).sum();
    }
}
