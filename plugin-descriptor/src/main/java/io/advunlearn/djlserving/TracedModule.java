package io.advunlearn.djlserving;

import ai.djl.Device;
import ai.djl.MalformedModelException;
import ai.djl.Model;
import ai.djl.ndarray.NDList;
import ai.djl.training.ParameterStore;
import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.HexFormat;
import java.util.Map;

/** A TorchScript module in memory, counted by those who run it; the last one out frees a retired one. */
final class TracedModule {

    private final Model model;
    private final String sha256;
    private int users;
    private boolean retired;

    private TracedModule(Model model, String sha256) {
        this.model = model;
        this.sha256 = sha256;
    }

    /**
     * Loads a file. What is loaded are the bytes whose digest was checked: the file on disk may change meanwhile.
     *
     * @param pinned SHA-256 that the file must have, hexadecimal; {@code null} to take the file as it is
     * @throws IllegalArgumentException if it has another, cannot be read or is no TorchScript
     */
    static TracedModule load(Path file, String pinned, Device device) {
        try {
            byte[] bytes = Files.readAllBytes(file);
            String actual = sha256(bytes);
            if (pinned != null && !actual.equalsIgnoreCase(pinned)) {
                throw new IllegalArgumentException(file + " has the SHA-256 " + actual + ", not the pinned " + pinned);
            }
            Model model = Model.newInstance(file.getFileName().toString(), device, "PyTorch");
            try {
                model.load(new ByteArrayInputStream(bytes), Map.of());
            } catch (IOException | MalformedModelException | RuntimeException e) {
                model.close();
                throw new IllegalArgumentException(file + " is no TorchScript module that PyTorch can load", e);
            }
            return new TracedModule(model, actual);
        } catch (IOException e) {
            throw new IllegalArgumentException("cannot read " + file, e);
        }
    }

    private static String sha256(byte[] bytes) {
        try {
            return HexFormat.of().formatHex(MessageDigest.getInstance("SHA-256").digest(bytes));
        } catch (NoSuchAlgorithmException e) {
            throw new IllegalStateException(e);
        }
    }

    String digest() {
        return sha256;
    }

    /** Runs it; the result is in the inputs' manager. */
    NDList forward(NDList inputs) {
        return model.getBlock().forward(new ParameterStore(inputs.head().getManager(), false), inputs, false);
    }

    /** Counts one more user. @return false if it is retired already */
    synchronized boolean acquire() {
        if (retired) {
            return false;
        }
        users++;
        return true;
    }

    synchronized void release() {
        users--;
        closeIfUnused();
    }

    /** No more users; freed when the last one is out. */
    synchronized void retire() {
        retired = true;
        closeIfUnused();
    }

    private void closeIfUnused() {
        if (retired && users == 0) {
            model.close();
        }
    }
}
