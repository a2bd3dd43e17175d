package io.advunlearn.service.access;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.Optional;

/** The shared secret of the admin API. Only its digest is kept. */
public final class AccessKey {

    private static final int MIN_CHARACTERS = 16;

    private final byte[] digest;

    private AccessKey(byte[] digest) {
        this.digest = digest;
    }

    /**
     * @param key the key itself
     * @param keyFile a file that holds it, for mounted secrets; white space around it is dropped
     * @param keySetting what the first is called in the host's configuration, for messages
     * @param keyFileSetting what the second is called
     * @throws IllegalArgumentException naming the setting: if both are given, the file cannot be read or the key is too short
     */
    public static AccessKey of(Optional<String> key, Optional<Path> keyFile, String keySetting, String keyFileSetting) {
        if (key.isPresent() && keyFile.isPresent()) {
            throw new IllegalArgumentException("set only one of " + keySetting + " and " + keyFileSetting);
        }
        Optional<String> secret = keyFile.map(file -> read(file, keyFileSetting)).or(() -> key);
        if (secret.isPresent() && secret.get().length() < MIN_CHARACTERS) {
            throw new IllegalArgumentException(
                    (keyFile.isPresent() ? keyFileSetting : keySetting) + " must have at least " + MIN_CHARACTERS + " characters");
        }
        return new AccessKey(secret.map(AccessKey::sha256).orElse(null));
    }

    private static String read(Path file, String setting) {
        try {
            return Files.readString(file).strip();
        } catch (IOException e) {
            throw new IllegalArgumentException(setting + ": cannot read " + file, e);
        }
    }

    /** Whether there is a key. Without one nothing matches. */
    public boolean isConfigured() {
        return digest != null;
    }

    /** Whether the client's value is the key. Takes the same time for every wrong value. @param value may be null */
    public boolean matches(String value) {
        return digest != null && value != null && MessageDigest.isEqual(digest, sha256(value));
    }

    private static byte[] sha256(String text) {
        try {
            return MessageDigest.getInstance("SHA-256").digest(text.getBytes(StandardCharsets.UTF_8));
        } catch (NoSuchAlgorithmException e) {
            throw new IllegalStateException(e);
        }
    }
}
