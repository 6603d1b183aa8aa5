"""VK as a second door: operators answer from it, patients write from it."""
